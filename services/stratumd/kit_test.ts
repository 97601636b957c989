/**
 * What the gateway's tests share: a whole gateway on memory stores, jobs to give it, and a miner on a real socket.
 *
 * @module
 */
import {
  blockCandidates,
  type Bus,
  decode,
  encodeRecord,
  miningJobs,
  openBus,
  shareSubmissions,
} from "@gopool/bus";
import { coinbasePrefix, fromHex, sha256d } from "@gopool/chain";
import type { BlockCandidate, MessageInitShape } from "@gopool/proto";
import type { JobSchema } from "@gopool/proto";
import {
  type Clock,
  createStatusBoard,
  type Metrics,
  type Road,
  seededRandom,
  silent,
  systemClock,
} from "@gopool/runtime";
import { decodeSubmission, type Submission } from "@gopool/shares";
import { openState, type State } from "@gopool/state";
import { FakeClock, settle } from "@gopool/testing";
import { assert } from "@std/assert";
import type { StratumdConfig } from "./config.ts";
import { Miner } from "./kit_miner_test.ts";
import { createStratumd, type Stratumd } from "./service.ts";

export { ADDRESS, errorOf, Miner, type Share } from "./kit_miner_test.ts";

/** Some key's. */
export const POOL_SCRIPT = fromHex("0014" + "11".repeat(20));

/** Easy enough to find in a blink, and not every hash: one in 16. */
export const EASY = 2 ** -28;

/** A difficulty no test ever reaches. */
export const HARD_NBITS = 0x1d00ffff;
/** Regtest's: every other hash is a block. */
export const BLOCK_NBITS = 0x207fffff;

let jobs = 0;

/** A job like the job manager's, the next id unless given. */
export function jobOf(over: MessageInitShape<typeof JobSchema> = {}): MessageInitShape<
  typeof JobSchema
> {
  const id = over.id ?? `00000001${(++jobs).toString(16).padStart(8, "0")}`;
  const height = over.height ?? 101;
  return {
    pool: "gopool",
    network: "regtest",
    templateId: "00000001aaaaaaaa",
    height,
    previousHash: new Uint8Array(32).fill(7),
    version: 0x20000000,
    nbits: HARD_NBITS,
    ntime: Math.floor(Date.now() / 1000),
    minNtime: Math.floor(Date.now() / 1000) - 3600,
    coinbaseValue: 5_000_000_000n,
    coinbasePrefix: coinbasePrefix({ height, jobId: id, tag: "/test/" }),
    scriptSigTail: new Uint8Array(),
    witnessCommitment: new Uint8Array(),
    merkleBranch: [sha256d(new Uint8Array([1])), sha256d(new Uint8Array([2]))],
    variants: [{
      id: 0,
      name: "pool",
      outputs: [{
        amount: { case: "remainder", value: true },
        payee: { case: "script", value: POOL_SCRIPT },
      }],
    }, {
      id: 1,
      name: "solo",
      outputs: [{
        amount: { case: "feeBasisPoints", value: 100 },
        payee: { case: "script", value: POOL_SCRIPT },
      }, {
        amount: { case: "remainder", value: true },
        payee: { case: "sessionAccount", value: true },
      }],
    }],
    clean: false,
    versionMask: 0x1fffe000,
    createdAtMs: BigInt(Date.now()),
    ...over,
    id,
  };
}

export interface Rig extends AsyncDisposable {
  readonly stratumd: Stratumd;
  readonly bus: Bus;
  readonly state: State;
  readonly port: number;
  readonly config: StratumdConfig;
  readonly folder: string;
  /** What a part of it says on the board: `health: detail`. */
  said(part: string): string | undefined;
  job(over?: MessageInitShape<typeof JobSchema>): Promise<string>;
  connect(): Promise<Miner>;
  submissions(): Promise<Submission[]>;
  candidates(): Promise<BlockCandidate[]>;
  stop(): Promise<void>;
}

export interface RigOptions {
  readonly config?: Partial<StratumdConfig>;
  readonly bus?: Bus;
  /** Stands between the gateway and the bus: delays, fails. */
  readonly wrap?: (bus: Bus) => Bus;
  readonly state?: State;
  readonly folder?: string;
  readonly clock?: Clock;
  /** Of its random numbers: two processes have different ones. */
  readonly seed?: number;
  readonly firstJob?: MessageInitShape<typeof JobSchema>;
  /** Of its candidates, beside the bus. */
  readonly road?: Road<BlockCandidate>;
  readonly metrics?: Metrics;
}

/** A gateway that listens, with one job. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const clock = options.clock ?? systemClock;
  const bus = options.bus ?? await openBus("memory:", { clock, sharePartitions: 2 });
  const state = options.state ?? await openState(new URL("memory:"), { clock });
  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "stratumd" });
  const config: StratumdConfig = {
    dataDir: folder,
    poolName: "gopool",
    stratumListen: { host: "127.0.0.1", port: 0 },
    gateway: "gw-1",
    prefix: null,
    sharesPerMinute: 15,
    startDifficulty: EASY,
    minDifficulty: 2 ** -32,
    variant: "pool",
    versionMask: 0x1fffe000,
    maxSessions: 1000,
    maxSessionsPerAddress: 1000,
    maxConnectsPerAddress: 100_000,
    reusePort: false,
    vardiff: "off",
    ...options.config,
  };
  const job = async (over?: MessageInitShape<typeof JobSchema>) => {
    const made = jobOf(over);
    await bus.publish(miningJobs, [encodeRecord(miningJobs, made, { key: "gopool" })]);
    return made.id!;
  };
  await job(options.firstJob);
  const board = createStatusBoard(clock);
  const stratumd = createStratumd({
    bus: options.wrap?.(bus) ?? bus,
    state,
    clock,
    random: seededRandom(options.seed ?? 1),
    log: silent,
    board,
    config,
    ...(options.road === undefined ? {} : { road: options.road }),
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
  });
  const stop = new AbortController();
  const running = stratumd.run(stop.signal);
  const port = await Promise.race([stratumd.listening, running.then(() => -1)]);
  assert(port > 0, "the gateway ended before it listened");
  const miners: Miner[] = [];
  const all = async <T>(topic: Parameters<Bus["read"]>[0], read: (bytes: Uint8Array) => T) => {
    const found: T[] = [];
    for (const { partition, earliest } of await bus.ends(topic)) {
      for await (const batch of bus.read(topic, partition, earliest)) {
        for (const { value } of batch.messages) found.push(read(value));
      }
    }
    return found;
  };
  const end = async () => {
    stop.abort();
    await running;
    // The gateway has closed every connection: what it said last is still to be read.
    for (const miner of miners) {
      await miner.untilClosed();
      await miner.close();
    }
  };
  return {
    stratumd,
    bus,
    state,
    port,
    config,
    folder,
    said(part) {
      const found = board.all().find((status) => status.part === part);
      return found && `${found.health}: ${found.detail}`;
    },
    job,
    async connect() {
      const miner = await Miner.connect(port);
      miners.push(miner);
      return miner;
    },
    submissions: () => all(shareSubmissions, decodeSubmission),
    candidates: () => all(blockCandidates, (bytes) => decode(blockCandidates, bytes)),
    stop: end,
    async [Symbol.asyncDispose]() {
      await end();
      if (options.bus === undefined) await bus[Symbol.asyncDispose]();
      if (options.state === undefined) await state[Symbol.asyncDispose]();
      if (options.folder === undefined) await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Lets what is on the sockets arrive at the gateway, and the gateway finish with it. */
export async function goRound(rig: Rig): Promise<void> {
  const miner = await rig.connect();
  for (let i = 0; i < 10; i++) await miner.ask("mining.ping", []);
  await miner.close();
}

/** A rig on a clock of its own, vardiff on: time passes only by `clock.advance`. */
export async function timed(
  check: (rig: Rig, clock: FakeClock) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const clock = new FakeClock(Date.now());
  const bus = await openBus("memory:", { clock, sharePartitions: 2 });
  {
    await using rig = await openRig({
      ...options,
      clock,
      bus,
      config: { vardiff: "on", ...options.config },
    });
    await check(rig, clock);
    // The end waits for sockets by this clock; the sockets themselves do not.
    const stopping = rig.stop();
    for (let i = 0; i < 20; i++) {
      await clock.advance(1000);
      await settle();
    }
    await stopping;
  }
  await bus[Symbol.asyncDispose]();
}

/** A bus whose publishes of shares can be held back or made to fail. */
export function gated(
  bus: Bus,
): { bus: Bus; open: () => void; fault: Error | null; held: () => number } {
  let gate: PromiseWithResolvers<void> | null = Promise.withResolvers();
  let held = 0;
  const control = {
    fault: null as Error | null,
    open: () => {
      gate?.resolve();
      gate = null;
    },
    held: () => held,
    bus: new Proxy(bus, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "publish") return value.bind(target);
        return async (...args: Parameters<Bus["publish"]>) => {
          if (args[0] === shareSubmissions) {
            held++;
            if (control.fault !== null) throw control.fault;
            await gate?.promise;
          }
          return await target.publish(...args);
        };
      },
    }),
  };
  return control;
}
