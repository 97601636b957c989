/** A node that does what a test says, for tests of what stands on several. @module */
import type { Hash, Network, UnixSeconds } from "@gopool/chain";
import { Mailbox } from "./mailbox.ts";
import {
  type ChainInfo,
  type Node,
  type NodeHealth,
  NodeUnavailable,
  type SubmitAnswer,
  type Tip,
} from "./port.ts";

/** A tip whose hash is made of its name. */
export function tipOf(name: string, height: number): Tip {
  const hash = new Uint8Array(32) as Hash;
  hash.set(new TextEncoder().encode(name));
  return { hash, height, nbits: 0x207fffff, medianTime: 1 as UnixSeconds, time: 2 as UnixSeconds };
}

export class ScriptedNode implements Node {
  readonly #tips = new Mailbox<Tip>();
  health: NodeHealth = { ok: true, detail: "ready" };
  network: Network = "regtest";
  current: Tip | null = null;
  chainCalls = 0;
  watchers = 0;
  disposed = false;
  onSubmit: (signal?: AbortSignal) => Promise<SubmitAnswer> = () =>
    Promise.resolve({ kind: "accepted", answer: "accepted" });

  constructor(readonly name: string) {}

  tell(tip: Tip): void {
    this.current = tip;
    this.#tips.put(tip);
  }

  away(detail = `Cannot reach ${this.name}`): void {
    this.health = { ok: false, detail };
  }

  back(): void {
    this.health = { ok: true, detail: "ready" };
  }

  chain(): Promise<ChainInfo> {
    this.chainCalls++;
    if (!this.health.ok) {
      return Promise.reject(new NodeUnavailable(this.health.detail, "unreachable"));
    }
    const { height, hash } = this.current ?? tipOf("genesis", 0);
    return Promise.resolve({ network: this.network, height, bestHash: hash, syncing: false });
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Tip, void, void> {
    this.watchers++;
    yield* this.#tips.read(signal);
    this.watchers--;
  }

  submit(_block: Uint8Array, signal?: AbortSignal): Promise<SubmitAnswer> {
    return this.onSubmit(signal);
  }

  template = unscripted;
  propose = unscripted;
  tip = unscripted;
  confirmations = unscripted;
  hashAt = unscripted;
  block = unscripted;
  coin: Node["coin"] = unscripted;
  send: Node["send"] = unscripted;
  testAccept = unscripted;
  feeRate: Node["feeRate"] = unscripted;
  walletProcessPsbt = unscripted;

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}

function unscripted(): Promise<never> {
  return Promise.reject(new Error("No test has said what this answers"));
}
