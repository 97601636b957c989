/**
 * What the miners of a crash test know: every header they submitted, by its own hash, and what they were told. The
 * pool's code has no part in it but the hash functions.
 *
 * @module
 */
import { type Hash, headerHash, meetsTarget, type Target, toHex } from "@gopool/chain";
import { headerFor, type NotifyParams } from "@gopool/stratum";
import type { MinerConnection, PoolAnswer } from "@gopool/poold/miner";

/** `none`: the connection ended first. `unknown`: the pool said that it could not tell. */
export type Told = "true" | "refused" | "unknown" | "none";

export interface Submitted {
  readonly hash: string;
  readonly candidate: boolean;
  told: Told;
  reason: string;
}

export class Answers {
  readonly #all = new Map<string, Submitted>();
  readonly #counts: Record<Told, number> = { true: 0, refused: 0, unknown: 0, none: 0 };

  constructor(private readonly networkTarget: Target) {}

  /** Sends a share over a connection and notes what comes of it. */
  async submit(
    connection: MinerConnection,
    worker: string,
    notify: NotifyParams,
    extranonce2: Uint8Array,
    nonce: number,
  ): Promise<void> {
    const share = this.note(connection, notify, extranonce2, nonce);
    try {
      const answer = await connection.submit({
        worker,
        jobId: notify.jobId,
        extranonce2,
        ntime: notify.ntime,
        nonce,
      });
      [share.told, share.reason] = toldBy(answer);
    } catch {
      share.told = "none";
    }
    this.#counts[share.told]++;
  }

  /** How many submits came to this so far. */
  count(told: Told): number {
    return this.#counts[told];
  }

  /** Notes a share that is about to be sent. */
  note(
    connection: MinerConnection,
    notify: NotifyParams,
    extranonce2: Uint8Array,
    nonce: number,
  ): Submitted {
    const { extranonce1 } = connection.subscribed!;
    const { version, ntime } = notify;
    const hash = headerHash(headerFor(notify, { extranonce1, extranonce2, version, ntime, nonce }));
    const share: Submitted = {
      hash: toHex(hash),
      candidate: meetsTarget(hash as Hash, this.networkTarget),
      told: "none",
      reason: "",
    };
    this.#all.set(share.hash, share);
    return share;
  }

  all(): Submitted[] {
    return [...this.#all.values()];
  }

  told(told: Told): Submitted[] {
    return this.all().filter((share) => share.told === told);
  }
}

function toldBy({ accepted, error }: PoolAnswer): [Told, string] {
  if (accepted) return ["true", ""];
  const text = Array.isArray(error) ? String(error[1]) : String(error);
  return [/unknown/i.test(text) && /outcome/i.test(text) ? "unknown" : "refused", text];
}
