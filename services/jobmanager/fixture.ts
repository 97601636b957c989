/**
 * What the tests of this room share: a jobmanager on a fake clock and the embedded bus, with all in view.
 *
 * @module
 */
import { type Bus, miningJobs, miningTemplates, openBus, rewardSplit } from "@gopool/bus";
import { scriptOfAddress } from "@gopool/chain";
import { joinNodes, type Nodes } from "@gopool/node";
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
import {
  createStatusBoard,
  type Logger,
  type Metrics,
  silent,
  type StatusBoard,
} from "@gopool/runtime";
import { openState, type State } from "@gopool/state";
import { FakeClock, settle } from "@gopool/testing";
import type { Desk } from "./desk.ts";
import type { JobTiming } from "./job_book.ts";
import { createJobmanager, type JobmanagerSettings } from "./service.ts";
import { ScriptedNode } from "./node_fixture.ts";

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
  readonly nodes: Nodes;
  readonly desk: Desk;
  readonly timings: readonly JobTiming[];
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
  readonly metrics?: Metrics;
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
  const timings: JobTiming[] = [];
  const jobmanager = createJobmanager({
    bus,
    state,
    nodes,
    clock,
    log: options.log ?? silent,
    board,
    holder: options.holder ?? "a",
    settings: { ...SETTINGS, ...options.settings },
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    observe: (timing) => timings.push(timing),
  });
  const running = jobmanager.run(ended.signal);
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
    nodes,
    desk: jobmanager.desk,
    timings,
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
