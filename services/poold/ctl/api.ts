/** The public API: what is asked of it, what it answers from, and who is limited. @module */
import {
  type CallerFigures,
  CallerFiguresSchema,
  FlushAnswersResponseSchema,
  type GetPublicApiResponse,
  GetPublicApiResponseSchema,
  PublicApiService,
  type RouteFigures,
} from "@gopool/proto/control";
import type { Command } from "commander";
import { limit } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { bytes, count, span } from "./words.ts";

/** The API's bound (public_api.proto). */
const CALLERS_MAX = 200;

export function apiCommands(program: Command, run: Run): void {
  const api = program.command("api")
    .description("the public API and page: what is asked, what is kept, who is limited");
  api.command("show", { isDefault: true })
    .description("what was asked, what it was answered from, and what is limited")
    .action(() => run(show));
  api.command("callers").description("who asks most, and who was refused")
    .addOption(limit(20))
    .action(({ limit }) => run((ctl) => callers(ctl, limit)));
  api.command("flush")
    .description("forgets every answer that is kept: all is computed anew, by all apiservers")
    .action(() => run(flush));
}

async function show({ pool, out }: Ctl): Promise<void> {
  const all = await pool.of("apiserver");
  for (const { client, place } of all) {
    const found = await client(PublicApiService).getPublicApi({}, pool.calling());
    if (out.json) {
      out.list(GetPublicApiResponseSchema, [found], () => ({}));
      continue;
    }
    if (all.length > 1) out.line(`${place.name}:`);
    for (const sentence of sentencesOf(found)) out.line(sentence);
    out.table("asked for", found.routes.toSorted(byRequests).map(routeRow));
  }
}

function sentencesOf(found: GetPublicApiResponse): string[] {
  const { listen, answers, limits, streams, streamsMax, underWay, busy, liveAgeMs } = found;
  const told: string[] = [
    listen === "" ? "answers nobody now" : `answers at ${listen}`,
    liveAgeMs === undefined
      ? "live figures: none yet"
      : `live figures: ${span(liveAgeMs)} old; ${count(streams, "stream")} of ${streamsMax}`,
  ];
  if (answers !== undefined) {
    const { ready, stale, shared, made, unchanged, kept, keptBytes, keptMaxBytes } = answers;
    told.push(
      `kept: ${count(kept, "answer")}, ${bytes(keptBytes)} of ${bytes(keptMaxBytes)}`,
      `answered from memory ${ready}, while a new one was made ${stale}, shared ${shared}, ` +
        `computed ${made}; not sent again ${unchanged}`,
    );
  }
  told.push(`under way ${underWay}, turned away because of too many ${busy}`);
  if (limits !== undefined) {
    const { rate, burst, callers, refused, alone } = limits;
    told.push(
      rate === 0
        ? "callers are not limited"
        : `each caller may ask ${rate} a second, ${burst} at once: ${
          count(callers, "caller")
        } known, ${count(refused, "request")} refused`,
    );
    if (alone) told.push("the state is away: each apiserver limits by itself");
  }
  return told;
}

function byRequests(a: RouteFigures, b: RouteFigures): number {
  return Number(sumOf(b) - sumOf(a));
}

function sumOf({ ok, redirected, refused, failed }: RouteFigures): bigint {
  return ok + redirected + refused + failed;
}

function routeRow({ route, ok, redirected, refused, failed }: RouteFigures) {
  return { route, answered: ok, "not changed": redirected, refused, failed };
}

async function callers({ pool, out }: Ctl, most: number): Promise<void> {
  const asked = { pageSize: Math.min(most, CALLERS_MAX) };
  const found = await Promise.all((await pool.of("apiserver")).map(async ({ client }) => {
    const { callers } = await client(PublicApiService).listCallers(asked, pool.calling());
    return callers;
  }));
  const rows = found.flat().toSorted((a, b) => Number(b.requests - a.requests)).slice(0, most);
  out.list(CallerFiguresSchema, rows, callerRow);
}

function callerRow({ caller, requests, refused, streams }: CallerFigures) {
  return { caller, requests, refused, streams };
}

/** Any apiserver tells the others. */
async function flush({ pool, out }: Ctl): Promise<void> {
  const [{ client }] = await pool.of("apiserver");
  const done = await client(PublicApiService).flushAnswers({}, pool.calling());
  out.said(FlushAnswersResponseSchema, done, ({ dropped, everywhere }) => [
    `forgotten here: ${count(dropped, "answer")}`,
    everywhere
      ? "the other apiservers follow within a second"
      : "the state is away: flush the other apiservers by their own addresses",
  ]);
}
