/** Who mines: sessions at every gateway, and what an operator does with one. @module */
import {
  DifficultyCause,
  DisconnectResponseSchema,
  SessionService,
  SessionState,
  SessionSummarySchema,
  SetDifficultyResponseSchema,
  type WatchSessionsResponse,
  WatchSessionsResponseSchema,
} from "@gopool/proto/control";
import { type Command, InvalidArgumentError, Option } from "commander";
import { limit, spanWithin } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { upTo } from "./paging.ts";
import { sessionRow, showSession } from "./session_show.ts";
import { firstThatHas } from "./several.ts";
import { banCommands } from "./bans.ts";
import { watched } from "./watched.ts";
import { whoOf } from "./who.ts";
import { count, hashrate, short, time, word } from "./words.ts";

const STATES = {
  handshake: SessionState.HANDSHAKE,
  waiting: SessionState.WAITING,
  working: SessionState.WORKING,
  silent: SessionState.SILENT,
} as const;

/** A week: who watches longer begins again. */
const WATCH_MAX_MS = 7 * 86_400_000;

export function sessionCommands(program: Command, run: Run): void {
  const sessions = program.command("sessions").description(
    "who mines, and what an operator does with a session",
  );
  const id = () => sessions.createArgument("<id>", "of the list").argParser(idOf);

  sessions.command("list", { isDefault: true })
    .description("who mines, in the order in which they came; each filter given must fit")
    .option("--account <address>", "paid for this address")
    .option("--network <address>", "from this network address or prefix, as 203.0.113.0/24")
    .option("--worker <text>", "with this in a worker's name")
    .option("--agent <text>", "with this in what the miner calls itself")
    .addOption(new Option("--state <state>", "in this state").choices(Object.keys(STATES)))
    .addOption(limit(50))
    .action((options: Filters) => run((ctl) => list(ctl, options)));
  sessions.command("show").addArgument(id())
    .description("one session: difficulty and its history, shares, last jobs, round trip")
    .action((id: string) => run((ctl) => showSession(ctl, id)));
  sessions.command("watch")
    .description("sessions that begin, end or get another difficulty; until Ctrl-C")
    .option("--account <address>", "paid for this address")
    .option("--network <address>", "from this network address or prefix")
    .addOption(
      new Option("--for <time>", "ends after so long").argParser(spanWithin(1_000, WATCH_MAX_MS)),
    )
    .action((options) => run((ctl) => watch(ctl, options)));
  sessions.command("disconnect").addArgument(id())
    .description("closes a session; its miner may come again: see ban")
    .action((id: string) => run((ctl) => disconnect(ctl, id)));
  sessions.command("difficulty").addArgument(id())
    .argument("<value>", 'held there; or "auto": vardiff decides again', difficultyOf)
    .description("holds a session at a difficulty, or gives it back to vardiff")
    .action((id: string, value: number | "auto") => run((ctl) => difficulty(ctl, id, value)));
  banCommands(sessions, run);
}

function idOf(text: string): string {
  if (/^\S{1,32}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a session's id: ctl sessions lists them.");
}

function difficultyOf(text: string): number | "auto" {
  if (text === "auto") return text;
  const value = Number(text);
  if (/^\d/.test(text) && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0, or "auto".');
}

interface Filters {
  readonly account?: string;
  readonly network?: string;
  readonly worker?: string;
  readonly agent?: string;
  readonly state?: keyof typeof STATES;
  readonly limit: number;
}

async function list({ pool, out, clock }: Ctl, filters: Filters): Promise<void> {
  const { account = "", network = "", worker = "", agent = "", state, limit } = filters;
  const asked = {
    account,
    network,
    worker,
    userAgent: agent,
    state: state === undefined ? SessionState.UNSPECIFIED : STATES[state],
  };
  const gateways = await pool.of("stratumd");
  const nowMs = clock.now();
  const found = await Promise.all(gateways.map(async ({ client, place }) => ({
    at: place.name,
    gateway: await client(SessionService).getGateway({}, pool.calling()),
    rows: await upTo(limit, async (page) => {
      const answer = await client(SessionService).listSessions(
        { ...asked, ...page },
        pool.calling(),
      );
      return { rows: answer.sessions, next: answer.nextPageToken };
    }),
  })));
  const rows = found.flatMap(({ at, rows }) => rows.map((one) => ({ at, one }))).slice(0, limit);
  if (out.json) return out.list(SessionSummarySchema, rows.map(({ one }) => one), () => ({}));
  out.rows(rows.map(({ at, one }) => ({
    ...(gateways.length > 1 ? { gateway: at } : {}),
    ...sessionRow(one, nowMs),
  })));
  for (const { gateway } of found) {
    const { gateway: name, port, sessions, working, hashrate: rate, refusedConnections, bans } =
      gateway;
    out.line(
      `${name} at port ${port}: ${count(sessions, "session")}, ${working} at work, ${
        hashrate(rate)
      }; ${count(refusedConnections, "connection")} not let in, ${count(bans, "ban")}`,
    );
  }
}

async function watch(
  ctl: Ctl,
  { account = "", network = "", for: forMs }: { account?: string; network?: string; for?: number },
): Promise<void> {
  const { pool, out } = ctl;
  const gateways = await pool.of("stratumd");
  await Promise.all(gateways.map(async ({ client, place }) => {
    const who = gateways.length === 1 ? "" : `${place.name} `;
    const open = (signal: AbortSignal) =>
      client(SessionService).watchSessions({ account, network }, { signal });
    for await (const news of watched(ctl, open, forMs)) {
      out.said(
        WatchSessionsResponseSchema,
        news,
        () => [`${time(news.atMs)} ${who}${newsText(news)}`],
      );
    }
  }));
}

function newsText({ news }: WatchSessionsResponse): string {
  switch (news.case) {
    case "there":
      return `${count(news.value.sessions, "session")} there`;
    case "began":
      return `began: ${news.value.id} ${whoOf(news.value)} from ${news.value.address}, ${
        news.value.userAgent || "without a name"
      }, difficulty ${short(news.value.difficulty)}`;
    case "ended": {
      const { session, why } = news.value;
      const who = session === undefined
        ? ""
        : `${session.id} ${
          whoOf(session)
        }, ${session.accepted} accepted, ${session.refused} refused: `;
      return `ended: ${who}${why}`;
    }
    case "retargeted": {
      const { id, before, difficulty, cause } = news.value;
      return `difficulty: ${id} ${whoOf(news.value)} ${short(before)} -> ${short(difficulty)} (${
        word(DifficultyCause, cause)
      })`;
    }
    case "missed":
      return `${news.value.count} were not told: this was read too slowly`;
    default:
      return "something that this program does not know";
  }
}

async function disconnect({ pool, out }: Ctl, id: string): Promise<void> {
  const done = await firstThatHas(
    await pool.of("stratumd"),
    ({ client }) => client(SessionService).disconnect({ id }, pool.calling()),
  );
  out.said(DisconnectResponseSchema, done, ({ session }) => [
    `closed: ${id}${session === undefined ? "" : ` ${whoOf(session)} from ${session.address}`}`,
  ]);
}

async function difficulty({ pool, out }: Ctl, id: string, value: number | "auto"): Promise<void> {
  const to = value === "auto"
    ? { case: "vardiff", value: true } as const
    : { case: "fixed", value } as const;
  const done = await firstThatHas(
    await pool.of("stratumd"),
    ({ client }) => client(SessionService).setDifficulty({ id, to }, pool.calling()),
  );
  out.said(SetDifficultyResponseSchema, done, ({ session, fixed, fixedBefore, withNextJob }) => {
    const before = fixedBefore === 0 ? "vardiff" : short(fixedBefore);
    const now = fixed === 0 ? "vardiff" : short(fixed);
    const when = withNextJob ? "with the next job" : "in force now";
    return [
      `${id}: ${before} -> ${now}, ${when}${
        session === undefined ? "" : `; the difficulty in force is ${short(session.difficulty)}`
      }`,
    ];
  });
}
