/** One session as people see it. @module */
import { Reason, Verdict } from "@gopool/proto";
import {
  DifficultyCause,
  type GetSessionResponse,
  GetSessionResponseSchema,
  SessionService,
  SessionState,
  type SessionSummary,
} from "@gopool/proto/control";
import type { Ctl } from "./context.ts";
import { firstThatHas } from "./several.ts";
import { whoOf } from "./who.ts";
import { ago, ends, hashrate, short, time, word } from "./words.ts";

/** As a row of a list. */
export function sessionRow(one: SessionSummary, nowMs: number) {
  return {
    id: one.id,
    state: word(SessionState, one.state),
    miner: whoOf(one),
    from: one.address,
    agent: ends(one.userAgent, 30),
    difficulty: one.difficulty === 0
      ? null
      : `${short(one.difficulty)}${one.fixed ? " fixed" : ""}`,
    hashrate: hashrate(one.hashrate),
    accepted: one.accepted,
    refused: one.refused,
    connected: ago(one.connectedAtMs, nowMs),
    "last share": one.lastShareAtMs === 0n ? null : `${ago(one.lastShareAtMs, nowMs)} ago`,
    "round trip": one.roundTripMs === undefined ? null : `${short(one.roundTripMs)} ms`,
  };
}

/** All that its gateway tells of it. */
export async function showSession(ctl: Ctl, id: string): Promise<void> {
  const { pool, out, clock } = ctl;
  const found = await firstThatHas(
    await pool.of("stratumd"),
    ({ client }) => client(SessionService).getSession({ id }, pool.calling()),
  );
  out.one(GetSessionResponseSchema, found, (one) => facts(one, clock.now()));
  out.table(
    "refused shares",
    (found.shares?.reasons ?? []).map(({ reason, verdict, count }) => ({
      verdict: word(Verdict, verdict),
      reason: word(Reason, reason),
      shares: count,
    })),
  );
  out.table(
    "difficulties",
    found.difficulties.map(({ atMs, difficulty, cause }) => ({
      at: time(atMs),
      difficulty: short(difficulty),
      because: word(DifficultyCause, cause),
    })),
  );
  out.table(
    "last jobs",
    found.jobs.map((job) => ({
      job: job.id,
      height: job.height,
      sent: time(job.sentAtMs),
      difficulty: short(job.difficulty),
      clean: job.clean ? "yes" : "no",
      counts: job.live ? "yes" : "no",
    })),
  );
  if (found.workers.length > 1) {
    out.table("workers", found.workers.map(({ account, worker }) => ({ account, worker })));
  }
}

function facts(found: GetSessionResponse, nowMs: number) {
  const { session, shares } = found;
  const bounds = found.difficultyMax === 0
    ? null
    : `${short(found.difficultyMin)} to ${short(found.difficultyMax)}`;
  return {
    ...(session === undefined ? {} : {
      ...sessionRow(session, nowMs),
      miner: session.account === ""
        ? null
        : `${session.account}${session.worker ? `.${session.worker}` : ""}`,
      agent: session.userAgent,
      "recognised as": session.agentFamily === ""
        ? null
        : `${session.agentFamily} (${session.agentClass})`,
    }),
    shares: shares === undefined
      ? null
      : `${shares.accepted} accepted, ${shares.rejected} rejected, ${shares.stale} stale`,
    "difficulty may be": bounds,
    "held at": found.fixedDifficulty === 0 ? null : short(found.fixedDifficulty),
    "miner asked for": [
      ...(found.askedHeld === 0 ? [] : [`d=${short(found.askedHeld)}`]),
      ...(found.askedSuggested === 0 ? [] : [`suggested ${short(found.askedSuggested)}`]),
      ...(found.askedMinimum === 0 ? [] : [`at least ${short(found.askedMinimum)}`]),
    ],
    "version mask": found.versionMask,
    extranonce1: found.extranonce1,
    resumed: found.resumed ? "yes" : "no",
    "answers waiting": found.answersWaiting,
  };
}
