/**
 * What the judge answers on the control address.
 *
 * @module
 */
import { Code, ConnectError, type ServiceImpl } from "@gopool/control";
import { type Bus, shareSubmissions } from "@gopool/bus";
import {
  type CandidateSchema,
  CandidateState,
  type MessageInitShape,
  PartitionState,
  type RoadService,
  type SharePartitionSchema,
  type ShareService,
} from "@gopool/proto/control";
import { type Clock, orGiveUp, type StatusBoard } from "@gopool/runtime";
import { NotWorking } from "./blocks.ts";
import { LOOK_UP_MS, PAGE_DEFAULT } from "./limits.ts";
import type { CandidateState as State, RecentCandidate } from "./recent_candidates.ts";
import type { Shareproc, ShareprocView } from "./service.ts";
import { partitionPart } from "./waiting.ts";

export interface ShareRpcDeps {
  readonly shareproc: Shareproc;
  readonly bus: Bus;
  readonly board: StatusBoard;
  readonly clock: Clock;
}

export function createShareRpc(deps: ShareRpcDeps): ServiceImpl<typeof ShareService> {
  const { shareproc, board } = deps;
  return {
    getShareCounts() {
      const { counts } = shareproc;
      const view = shareproc.view();
      const remembered = [...view?.partitions() ?? []].reduce((sum, p) => sum + p.remembered, 0);
      return {
        shares: counts.byReason().map(({ verdict, reason, count }) => ({
          verdict,
          reason,
          count: BigInt(count),
        })),
        disagreements: BigInt(counts.disagreements),
        repeats: BigInt(counts.repeats),
        republished: BigInt(counts.republished),
        overruled: BigInt(counts.overruled),
        stops: BigInt(counts.stops),
        blocksSolved: BigInt(counts.blocksSolved),
        blocksRefused: BigInt(counts.blocksRefused),
        rememberedHashes: BigInt(remembered),
        jobs: view?.jobs ?? 0,
        templates: view?.templates ?? 0,
        coinbases: view?.coinbases ?? 0,
        bySecondRoad: BigInt(view?.blocksBySecondRoad ?? 0),
      };
    },

    async listPartitions(_, { signal }) {
      const partitions = [...workingView(shareproc).partitions()]
        .sort((a, b) => a.partition - b.partition);
      const parts = new Map(board.all().map((one) => [one.part, one]));
      let trouble = "";
      const ends = await endsOf(deps, signal).catch((error: Error) => {
        if (signal.aborted) throw error;
        trouble = error.message;
        return [];
      });
      return {
        partitions: partitions.map((one) => ({
          partition: one.partition,
          offset: BigInt(one.next),
          lastValidOffset: BigInt(one.head),
          loggedAtMs: BigInt(one.loggedAtMs),
          rememberedHashes: BigInt(one.remembered),
          ...lagOf(ends[one.partition]?.next, one.next),
          ...standing(parts.get(partitionPart(one.partition))),
        })),
        partitionsInAll: ends.length,
        trouble,
      };
    },

    listCandidates({ pageSize, pageToken }) {
      const size = pageSize || PAGE_DEFAULT;
      // One more than asked for tells whether there is a next page.
      const found = workingView(shareproc).candidates(numberOf(pageToken), size + 1);
      const page = found.slice(0, size);
      return {
        candidates: page.map(candidateOf),
        nextPageToken: found.length > size ? String(page.at(-1)!.number) : "",
      };
    },
  };
}

/** The judge's end of the second road. */
export function createCandidateRoadRpc(
  { shareproc }: Pick<ShareRpcDeps, "shareproc">,
): ServiceImpl<typeof RoadService> {
  return {
    giveBlock() {
      throw new ConnectError("blocks are given to blocksubmit", Code.Unimplemented);
    },
    giveCandidate({ candidate }) {
      try {
        return { news: shareproc.give(candidate!) };
      } catch (error) {
        const { message } = error as Error;
        if (error instanceof NotWorking) throw new ConnectError(message, Code.Unavailable);
        if (error instanceof RangeError) throw new ConnectError(message, Code.ResourceExhausted);
        throw new ConnectError(`candidate: ${message}`, Code.InvalidArgument);
      }
    },
  };
}

function workingView(shareproc: Shareproc): ShareprocView {
  const view = shareproc.view();
  if (view !== null) return view;
  throw new ConnectError("the judge starts, or ends: ask again in a moment", Code.Unavailable);
}

/** Where each partition ends; not waited for longer than people wait. */
async function endsOf({ bus, clock }: ShareRpcDeps, signal: AbortSignal) {
  const late = new AbortController();
  const settled = new AbortController();
  clock.sleep(LOOK_UP_MS, settled.signal).then(() => {
    late.abort(new Error(`the bus did not answer within ${LOOK_UP_MS / 1_000} s`));
  });
  try {
    const stop = AbortSignal.any([signal, late.signal]);
    return await orGiveUp(bus.ends(shareSubmissions), clock, stop, 0);
  } finally {
    settled.abort();
  }
}

/** Asked a moment after the offset was taken, the end may lie before it only where the log was made again. */
function lagOf(end: number | undefined, next: number): { lag?: bigint } {
  return end === undefined ? {} : { lag: BigInt(Math.max(0, end - next)) };
}

function standing(
  part: ReturnType<StatusBoard["all"]>[number] | undefined,
): MessageInitShape<typeof SharePartitionSchema> {
  if (part === undefined || part.health === "ok") return { state: PartitionState.WORKING };
  const state = part.health === "down" ? PartitionState.STOPPED : PartitionState.WAITING;
  return { state, detail: part.detail, sinceMs: BigInt(part.sinceMs) };
}

const STATES: Readonly<Record<State, CandidateState>> = {
  "waiting": CandidateState.WAITING,
  "built": CandidateState.BUILT,
  "solved": CandidateState.SOLVED,
  "refused": CandidateState.REFUSED,
  "given-up": CandidateState.GIVEN_UP,
};

function candidateOf(one: RecentCandidate): MessageInitShape<typeof CandidateSchema> {
  const { facts } = one;
  return {
    hash: one.hash,
    jobId: facts.jobId,
    height: facts.height,
    account: facts.account,
    worker: facts.worker,
    gateway: facts.gateway,
    receivedAtMs: BigInt(one.receivedAtMs),
    loggedAtMs: BigInt(one.loggedAtMs),
    takenAtMs: BigInt(one.takenAtMs),
    bySecondRoad: one.bySecondRoad,
    state: STATES[one.state],
    detail: one.detail,
    builtAtMs: BigInt(one.builtAtMs),
    solvedAtMs: BigInt(one.solvedAtMs),
    blockBytes: one.bytes,
  };
}

function numberOf(token: string): number {
  if (token === "") return Infinity;
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw new ConnectError(
    `page_token: ${JSON.stringify(token)} is none that this method gave`,
    Code.InvalidArgument,
  );
}
