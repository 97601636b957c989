/**
 * A node that says what a test lets it say, and recorded templates for it.
 *
 * @module
 */
import { fromHex, hashFromDisplay, type Sats, type UnixSeconds } from "@gopool/chain";
import {
  type BlockTemplate,
  type ChainInfo,
  type Node,
  type NodeHealth,
  NodeUnavailable,
  type Noticed,
  type SubmitAnswer,
  type Tip,
} from "@gopool/node";
import { type RecordedTemplate, templates } from "@gopool/testing/vectors";
/** A recorded getblocktemplate as the node room gives it. */
export function recorded(t: RecordedTemplate): BlockTemplate {
  return {
    height: t.height,
    previousHash: hashFromDisplay(t.previousblockhash),
    version: t.version >>> 0,
    nbits: parseInt(t.bits, 16),
    curtime: t.curtime as UnixSeconds,
    mintime: t.mintime as UnixSeconds,
    coinbaseValue: BigInt(t.coinbasevalue) as Sats,
    transactions: t.transactions.map((tx) => ({
      data: fromHex(tx.data),
      txid: hashFromDisplay(tx.txid),
      wtxid: hashFromDisplay(tx.hash),
      fee: BigInt(tx.fee) as Sats,
      weight: tx.weight,
    })),
    witnessCommitment: fromHex(t.default_witness_commitment.slice(12)) as BlockTemplate[
      "witnessCommitment"
    ],
    rules: t.rules,
    longPollId: "1",
    weightLimit: 4_000_000,
  };
}

/** Regtest, with two transactions. */
export const TEMPLATE = recorded(templates.find(({ name }) => name === "regtest-two")!);

/** The tip that TEMPLATE stands on, with regtest's bits. */
export const TIP: Tip = {
  hash: TEMPLATE.previousHash,
  height: TEMPLATE.height - 1,
  nbits: 0x207fffff,
  medianTime: (TEMPLATE.mintime - 1) as UnixSeconds,
  time: TEMPLATE.mintime,
};

/** The `n`th tip after TIP. */
export function tipAfter(n: number): Tip {
  const hash = TIP.hash.slice() as Tip["hash"];
  hash[0]! ^= n;
  return { ...TIP, hash, height: TIP.height + n };
}

export function templateOn(tip: Tip, changes: Partial<BlockTemplate> = {}): BlockTemplate {
  const { hash: previousHash, height, nbits } = tip;
  return { ...TEMPLATE, previousHash, nbits, height: height + 1, ...changes };
}

/** A node that says what a test lets it say. */
export class ScriptedNode implements Node {
  health: NodeHealth = { ok: true, detail: "ready" };
  /** What template() gives; a test may let it wait. */
  answer: (signal?: AbortSignal) => Promise<BlockTemplate>;
  /** What propose() says. */
  word: (block: Uint8Array, signal?: AbortSignal) => Promise<string | null> = () =>
    Promise.resolve(null);
  proposals = 0;
  templates = 0;
  #tip: Tip;
  #moved = Promise.withResolvers<void>();

  constructor(tip: Tip = TIP, readonly name = "scripted:1") {
    this.#tip = tip;
    this.answer = () => Promise.resolve(templateOn(this.#tip));
  }

  /** A new best block; its watch says that it was noticed so. */
  move(tip: Tip, noticed?: Noticed): void {
    this.#tip = noticed === undefined ? tip : { ...tip, noticed };
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** Away: every question fails, until it is back. */
  away(on: boolean): void {
    this.health = on ? { ok: false, detail: `Cannot reach ${this.name}` } : READY;
  }

  chain(): Promise<ChainInfo> {
    const { hash: bestHash, height } = this.#tip;
    return this.#there(() =>
      Promise.resolve({ network: "regtest", height, bestHash, syncing: false })
    );
  }

  template({ signal }: { signal?: AbortSignal } = {}): Promise<BlockTemplate> {
    this.templates++;
    return this.#there(() => this.answer(signal));
  }

  propose(block: Uint8Array, signal?: AbortSignal): Promise<string | null> {
    this.proposals++;
    return this.#there(() => this.word(block, signal));
  }

  tip(): Promise<Tip> {
    return this.#there(() => Promise.resolve(this.#tip));
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Tip, void, void> {
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    let told: Tip | undefined;
    while (!signal.aborted) {
      const moved = this.#moved.promise;
      if (told !== this.#tip) yield told = this.#tip;
      else await Promise.race([moved, ended]);
    }
  }

  submit(): Promise<SubmitAnswer> {
    return Promise.reject(new Error("nothing is submitted here"));
  }

  confirmations(): Promise<null> {
    return Promise.resolve(null);
  }

  hashAt(): Promise<null> {
    return Promise.resolve(null);
  }

  block = unasked;
  coin: Node["coin"] = unasked;
  send: Node["send"] = unasked;
  testAccept = unasked;
  feeRate: Node["feeRate"] = unasked;
  walletProcessPsbt = unasked;

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #there<T>(ask: () => Promise<T>): Promise<T> {
    return this.health.ok
      ? ask()
      : Promise.reject(new NodeUnavailable(this.health.detail, "unreachable"));
  }
}

/** What whoever makes jobs never asks. */
function unasked(): Promise<never> {
  return Promise.reject(new Error("nothing is paid here"));
}

const READY: NodeHealth = { ok: true, detail: "ready" };

/** Never answers, but hears an abort. */
export function never(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}
