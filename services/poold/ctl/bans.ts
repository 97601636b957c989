/** Who may not come, who was not let in, and what miners call themselves. @module */
import {
  type BanInForce,
  BanInForceSchema,
  BanResponseSchema,
  type BanTarget,
  ConnectionRefusal,
  ListRefusedConnectionsResponseSchema,
  SessionService,
  UnbanResponseSchema,
  type UserAgentTotals,
  UserAgentTotalsSchema,
} from "@gopool/proto/control";
import { type Command, InvalidArgumentError, Option } from "commander";
import { limit, reason, spanWithin } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { time, word } from "./words.ts";

/** The API's bounds (sessions.proto). */
const BAN_MAX_MS = 31_622_400_000;
const AGENTS_MAX = 1_000;
const REFUSED_MAX = 256;

export function banCommands(sessions: Command, run: Run): void {
  const target = () =>
    sessions.createArgument(
      "<target>",
      "a network address, a prefix as 203.0.113.0/24, or a payout address",
    ).argParser(targetOf);
  sessions.command("ban").addArgument(target())
    .description("keeps a network or payout address out of the whole pool for a while")
    .addOption(
      new Option("--for <time>", "how long").argParser(spanWithin(1_000, BAN_MAX_MS))
        .makeOptionMandatory(),
    )
    .addOption(reason())
    .action((target: Target, options) => run((ctl) => ban(ctl, target, options)));
  sessions.command("unban").addArgument(target()).description("ends a ban before its time")
    .action((target: Target) => run((ctl) => unban(ctl, target)));
  sessions.command("bans").description("who may not come, until when and why")
    .action(() => run(bans));
  sessions.command("agents").description("what miners call themselves, with their shares")
    .addOption(limit(50))
    .action(({ limit }) => run((ctl) => agents(ctl, limit)));
  sessions.command("refused").description(
    "connections that were not let in: how many, why, and the last ones",
  )
    .addOption(limit(20))
    .action(({ limit }) => run((ctl) => refused(ctl, limit)));
}

type Target =
  | { readonly case: "network"; readonly value: string }
  | { readonly case: "account"; readonly value: string };

/** A payout address has neither dot nor colon, a network address has. */
function targetOf(text: string): Target {
  if (text === "" || text.length > 100 || /\s/.test(text)) {
    throw new InvalidArgumentError("It must be a network address, a prefix, or a payout address.");
  }
  return /[.:]/.test(text) ? { case: "network", value: text } : { case: "account", value: text };
}

function targetText(target: BanTarget | undefined): string {
  return target?.target.value ?? "-";
}

/** A ban holds at every gateway: any of them takes it. */
async function gateway({ pool }: Ctl) {
  const [{ client }] = await pool.of("stratumd");
  return client(SessionService);
}

async function ban(
  ctl: Ctl,
  target: Target,
  { for: forMs, reason }: { for: number; reason: string },
): Promise<void> {
  const asked = { target: { target }, forMs: BigInt(forMs), reason };
  const done = await (await gateway(ctl)).ban(asked, ctl.pool.calling());
  ctl.out.said(BanResponseSchema, done, ({ ban, before, closed }) => [
    `banned: ${targetText(ban?.target)} until ${
      time(ban?.untilMs ?? 0n)
    }; closed here at once: ${closed}`,
    ...(before === undefined
      ? []
      : [`it replaces the ban until ${time(before.untilMs)}: ${before.reason}`]),
  ]);
}

async function unban(ctl: Ctl, target: Target): Promise<void> {
  const done = await (await gateway(ctl)).unban({ target: { target } }, ctl.pool.calling());
  ctl.out.said(UnbanResponseSchema, done, ({ ban }) => [
    `may come again: ${targetText(ban?.target)}${
      ban === undefined ? "" : `, banned by ${ban.by}: ${ban.reason}`
    }`,
  ]);
}

async function bans(ctl: Ctl): Promise<void> {
  const { bans, trouble } = await (await gateway(ctl)).listBans({}, ctl.pool.calling());
  ctl.out.list(BanInForceSchema, bans, banRow);
  if (trouble !== "") ctl.complain(`This may be out of date: ${trouble}`);
}

function banRow({ target, untilMs, sinceMs, by, reason }: BanInForce) {
  return { target: targetText(target), until: time(untilMs), since: time(sinceMs), by, reason };
}

async function agents({ pool, out }: Ctl, most: number): Promise<void> {
  const gateways = await pool.of("stratumd");
  for (const { client, place } of gateways) {
    const asked = { pageSize: Math.min(most, AGENTS_MAX) };
    const { userAgents, total } = await client(SessionService).listUserAgents(
      asked,
      pool.calling(),
    );
    if (gateways.length > 1) out.line(`${place.name}:`);
    out.list(UserAgentTotalsSchema, userAgents, agentRow);
    if (total > userAgents.length) out.line(`${total - userAgents.length} more: --limit`);
  }
}

function agentRow(
  { userAgent, family, class: kind, sessions, sessionsInAll, shares, others }: UserAgentTotals,
) {
  return {
    agent: others ? "(others)" : userAgent || "(none)",
    "recognised as": family === "" ? null : `${family} (${kind})`,
    sessions,
    "in all": sessionsInAll,
    accepted: shares?.accepted,
    rejected: shares?.rejected,
    stale: shares?.stale,
  };
}

async function refused({ pool, out }: Ctl, most: number): Promise<void> {
  for (const { client } of await pool.of("stratumd")) {
    const asked = { pageSize: Math.min(most, REFUSED_MAX) };
    const found = await client(SessionService).listRefusedConnections(asked, pool.calling());
    if (out.json) {
      out.list(ListRefusedConnectionsResponseSchema, [found], () => ({}));
      continue;
    }
    out.rows(found.totals.map(({ refusal, count }) => ({
      because: word(ConnectionRefusal, refusal),
      connections: count,
    })));
    out.table(
      "the last ones",
      found.last.map(({ atMs, address, refusal }) => ({
        at: time(atMs),
        from: address,
        because: word(ConnectionRefusal, refusal),
      })),
    );
    if (found.bannedUsernames > 0n) {
      out.line(
        `usernames refused because their payout address is banned: ${found.bannedUsernames}`,
      );
    }
  }
}
