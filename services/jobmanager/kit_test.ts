/**
 * What the tests of this room share: a node that says what it is told to, recorded templates, and a leader on the
 * embedded bus.
 *
 * @module
 */
import { type Bus, miningJobs, miningTemplates, openBus, rewardSplit } from "@gopool/bus";
import {
  fromHex,
  hashFromDisplay,
  type Sats,
  scriptOfAddress,
  type UnixSeconds,
} from "@gopool/chain";
import {
  type BlockTemplate,
  type ChainInfo,
  joinNodes,
  type Node,
  type NodeHealth,
  NodeUnavailable,
  type SubmitAnswer,
  type Tip,
} from "@gopool/node";
import {
  type CoinbaseOutput,
  CoinbaseOutputSchema,
  create,
  fromBinary,
  type Job,
  JobSchema,
  type RewardSplit,
  RewardSplitSchema,
  type Template,
  TemplateSchema,
  toBinary,
} from "@gopool/proto";
import { createStatusBoard, type Logger, silent, type StatusBoard } from "@gopool/runtime";
import { openState, type State } from "@gopool/state";
import { FakeClock, settle } from "@gopool/testing";
import { type RecordedTemplate, templates } from "@gopool/testing/vectors";
import { createJobmanager, type JobmanagerSettings } from "./service.ts";

export const POOL = "gopool";
export const POOL_ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
export const POOL_SCRIPT = scriptOfAddress(POOL_ADDRESS, "regtest");
/** P2WPKH of 20 equal bytes. */
export const payee = (n: number) => Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]);
export const BIP320_MASK = 0x1fffe000;

export const SETTINGS: JobmanagerSettings = {
  pool: POOL,
  poolAddress: POOL_ADDRESS,
  coinbaseTag: "/GoPool/",
  emptyJobs: true,
  feesRosePercent: 2,
  soloFeeBasisPoints: 100,
  versionMask: BIP320_MASK,
};

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

  /** A new best block. */
  move(tip: Tip): void {
    this.#tip = tip;
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

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #there<T>(ask: () => Promise<T>): Promise<T> {
    return this.health.ok
      ? ask()
      : Promise.reject(new NodeUnavailable(this.health.detail, "unreachable"));
  }
}

const READY: NodeHealth = { ok: true, detail: "ready" };

/** Never answers, but hears an abort. */
export function never(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}

export function splitOf(
  outputs: readonly { readonly sats: bigint; readonly script: Uint8Array }[],
  more: { readonly snapshot?: number; readonly expiresAtMs?: number; readonly pool?: string } = {},
): RewardSplit {
  return create(RewardSplitSchema, {
    pool: more.pool ?? POOL,
    snapshotId: Uint8Array.of(more.snapshot ?? 1),
    expiresAtMs: BigInt(more.expiresAtMs ?? Number.MAX_SAFE_INTEGER),
    outputs: outputs.map(({ sats, script }): CoinbaseOutput =>
      create(CoinbaseOutputSchema, {
        amount: { case: "sats", value: sats },
        payee: { case: "script", value: script },
      })
    ),
  });
}

/** The jobs on the bus, oldest first. */
export async function jobsOn(bus: Bus): Promise<(Job & { readonly loggedAtMs: number })[]> {
  const jobs = [];
  for await (const { messages } of bus.read(miningJobs, 0, 0)) {
    for (const { value, loggedAtMs } of messages) {
      jobs.push({ ...fromBinary(JobSchema, value), loggedAtMs });
    }
  }
  return jobs;
}

export async function templatesOn(bus: Bus): Promise<Template[]> {
  const found = [];
  for await (const { messages } of bus.read(miningTemplates, 0, 0)) {
    for (const { value } of messages) found.push(fromBinary(TemplateSchema, value));
  }
  return found;
}

export const variantNames = ({ variants }: Job) => variants.map(({ name }) => name);

/** A jobmanager on a fake clock, with all it stands on in view. */
export interface Stand extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly bus: Bus;
  readonly state: State;
  readonly node: ScriptedNode;
  readonly board: StatusBoard;
  /** Lets time pass in steps of a second, and what it wakes run. */
  pass(ms: number): Promise<void>;
  jobs(): ReturnType<typeof jobsOn>;
  split(split: RewardSplit): Promise<void>;
  /** What a part says of itself: `health: detail`. */
  said(part: string): string | undefined;
  /** Ends the jobmanager, keeps bus and state. */
  stop(): Promise<void>;
}

/** Turns of the event loop that the longest chain of calls (node, bus, state) takes, and more. */
const TURNS = 30;

async function settleAll(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await settle();
}

export interface StandOptions {
  readonly settings?: Partial<JobmanagerSettings>;
  readonly nodes?: readonly ScriptedNode[];
  readonly clock?: FakeClock;
  readonly bus?: Bus;
  readonly state?: State;
  readonly holder?: string;
  readonly log?: Logger;
}

export async function stand(options: StandOptions = {}): Promise<Stand> {
  const clock = options.clock ?? new FakeClock();
  const owned = new AsyncDisposableStack();
  const bus = options.bus ?? owned.use(await openBus("memory:", { clock }));
  const state = options.state ?? owned.use(await openState(new URL("memory:"), { clock }));
  const list = options.nodes ?? [new ScriptedNode()];
  const nodes = joinNodes(list, { clock });
  const board = createStatusBoard(clock);
  const ended = new AbortController();
  const running = createJobmanager({
    bus,
    state,
    nodes,
    clock,
    log: options.log ?? silent,
    board,
    holder: options.holder ?? "a",
    settings: { ...SETTINGS, ...options.settings },
  }).run(ended.signal);
  const stop = async () => {
    ended.abort();
    await running;
    await nodes[Symbol.asyncDispose]();
  };
  return {
    clock,
    bus,
    state,
    node: list[0]!,
    board,
    async pass(ms) {
      await settleAll();
      for (let left = ms; left > 0; left -= 1_000) {
        await clock.advance(Math.min(left, 1_000));
        await settleAll();
      }
    },
    jobs: () => jobsOn(bus),
    async split(split) {
      const value = toBinary(RewardSplitSchema, split);
      await bus.publish(rewardSplit, [{ key: new TextEncoder().encode(POOL), value }]);
    },
    said(part) {
      const found = board.all().find((status) => status.part === part);
      return found && `${found.health}: ${found.detail}`;
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await owned.disposeAsync();
    },
  };
}
