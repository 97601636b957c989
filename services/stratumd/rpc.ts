/**
 * SessionService on the wire: reads what was asked, has it done, gives the answer its shape. No rules in here.
 *
 * @module
 */
import { AddressError } from "@gopool/chain";
import { caller, Code, ConnectError, note, type ServiceImpl } from "@gopool/control";
import {
  type BanInForceSchema,
  type BanTarget as BanTargetShown,
  ConnectionRefusal,
  type MessageInitShape,
  type SessionService,
} from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import { StateUnavailable } from "@gopool/state";
import { type Ban, type BanTarget, CannotBan } from "./bans.ts";
import { type GatewayControl, NoJobYet, NoSuchSession, OutOfBounds } from "./control.ts";
import type { Refusal } from "./door.ts";
import { NetworkError } from "./networks.ts";
import type { Stratumd } from "./service.ts";
import { TooManyWatchers } from "./session_watch.ts";
import { totalsOf } from "./tally.ts";

/** Rows of an answer where the caller does not say (the protos' comments say so, too). */
const PAGE_SIZE = 100;

const REFUSALS: Readonly<Record<Refusal, ConnectionRefusal>> = {
  "gateway-full": ConnectionRefusal.GATEWAY_FULL,
  "too-many-sessions": ConnectionRefusal.TOO_MANY_SESSIONS,
  "too-many-connects": ConnectionRefusal.TOO_MANY_CONNECTS,
  banned: ConnectionRefusal.BANNED,
};

/** What is wrong with the words of a caller, or with the moment: the code that says so, and the field where it is one. */
const CODES: readonly (readonly [new (message?: string) => Error, Code, field?: string])[] = [
  [NetworkError, Code.InvalidArgument, "network"],
  [AddressError, Code.InvalidArgument, "account"],
  [OutOfBounds, Code.InvalidArgument, "fixed"],
  [NoSuchSession, Code.NotFound],
  [NoJobYet, Code.FailedPrecondition],
  [CannotBan, Code.ResourceExhausted],
  [TooManyWatchers, Code.ResourceExhausted],
];

export interface SessionRpcDeps {
  readonly stratumd: Pick<Stratumd, "control" | "status">;
  readonly gateway: string;
  readonly clock: Clock;
}

/** SessionService of a gateway: `daemon.provide(SessionService, createSessionRpc(…))`. */
export function createSessionRpc(deps: SessionRpcDeps): ServiceImpl<typeof SessionService> {
  const { stratumd, clock } = deps;

  function running(): GatewayControl {
    const control = stratumd.control();
    if (control !== null) return control;
    throw new ConnectError(
      "the gateway does not run: it starts, or is drained; its status says which",
      Code.Unavailable,
    );
  }

  return {
    getGateway() {
      const control = running();
      const { port, sessions, working, jobId, height, waiting, candidates, spooled, difficulty } =
        stratumd.status();
      return {
        gateway: deps.gateway,
        port: port ?? 0,
        sessions,
        working,
        hashrate: control.hashrate(),
        jobId: jobId ?? "",
        height: height ?? 0,
        shares: totalsOf(control.shares()),
        waiting,
        candidates,
        spooled,
        difficultyMin: difficulty?.min ?? 0,
        difficultyMax: difficulty?.max ?? 0,
        refusedConnections: BigInt(control.deps.door.refusedInAll),
        bans: control.deps.bans.all.length,
      };
    },

    listSessions(request) {
      const control = running();
      const after = pageStart(request.pageToken);
      const { sessions, more } = worded(() =>
        control.page(control.filter(request), after, request.pageSize || PAGE_SIZE)
      );
      return {
        sessions: sessions.map((session) => control.deps.views.summary(session)),
        nextPageToken: more ? String(sessions.at(-1)!.number) : "",
      };
    },

    getSession({ id }) {
      const control = running();
      return control.deps.views.detail(worded(() => control.find(id)));
    },

    async *watchSessions(request, context) {
      const control = running();
      const { watch, gateway } = control.deps;
      const first = {
        atMs: BigInt(clock.now()),
        news: { case: "there" as const, value: { sessions: gateway.sessions.size } },
      };
      yield* worded(() => watch.watch(first, control.filter(request), context.signal));
    },

    disconnect({ id }, context) {
      const control = running();
      const session = worded(() => control.find(id));
      const shown = control.deps.views.summary(session);
      control.disconnect(session, caller(context).name);
      note(context, { before: `${id} ${shown.account}.${shown.worker}`, after: "disconnected" });
      return { session: shown };
    },

    setDifficulty({ id, to }, context) {
      const control = running();
      const session = worded(() => control.find(id));
      const before = session.hold;
      const isNow = worded(() => control.hold(session, to.case === "fixed" ? to.value : null));
      note(context, { before: heldText(before), after: heldText(session.hold) });
      return {
        session: control.deps.views.summary(session),
        fixedBefore: before ?? 0,
        withNextJob: !isNow,
        fixed: session.hold ?? 0,
      };
    },

    async ban({ target, forMs, reason }, context) {
      const control = running();
      const sinceMs = clock.now();
      const ban: Ban = {
        ...worded(() => targetOf(control, target)),
        reason,
        by: caller(context).name,
        sinceMs,
        untilMs: sinceMs + Number(forMs),
      };
      const { before, closed } = await wordedLater(control.deps.bans.ban(ban));
      note(context, { before: banText(before), after: banText(ban) });
      return {
        ban: banShown(ban),
        closed,
        ...(before === null ? {} : { before: banShown(before) }),
      };
    },

    async unban({ target }, context) {
      const control = running();
      const wanted = worded(() => targetOf(control, target));
      const ban = await wordedLater(control.deps.bans.unban(wanted));
      if (ban === null) throw new ConnectError(`${wanted.target} is not banned`, Code.NotFound);
      note(context, { before: banText(ban), after: banText(null) });
      return { ban: banShown(ban) };
    },

    listBans() {
      const { bans } = running().deps;
      return { bans: bans.all.map(banShown), trouble: bans.trouble ?? "" };
    },

    listUserAgents({ pageSize }) {
      const { gateway: { agents, sessions } } = running().deps;
      const all = agents.totals(sessions);
      return {
        userAgents: all.slice(0, pageSize || PAGE_SIZE).map(({ agent, tally }) => ({
          userAgent: agent.name,
          family: agent.terms.name,
          class: agent.terms.class,
          sessions: agent.sessions,
          sessionsInAll: BigInt(agent.sessionsInAll),
          shares: totalsOf(tally),
          others: agent === agents.others,
        })),
        total: all.length,
      };
    },

    listRefusedConnections({ pageSize }) {
      const { door, gateway } = running().deps;
      return {
        totals: Object.entries(door.refused).map(([refusal, count]) => ({
          refusal: REFUSALS[refusal as Refusal],
          count: BigInt(count),
        })),
        last: door.lastRefused.slice(0, pageSize || PAGE_SIZE).map((one) => ({
          atMs: BigInt(one.atMs),
          address: one.address,
          refusal: REFUSALS[one.refusal],
        })),
        bannedUsernames: BigInt(gateway.bannedUsernames),
      };
    },
  };
}

/** The number of the last session of the page before. */
function pageStart(token: string): number {
  if (token === "") return 0;
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw new ConnectError(
    `page_token: ${JSON.stringify(token)} is none that was given out`,
    Code.InvalidArgument,
  );
}

/** @throws {NetworkError} @throws {AddressError} @throws {NoJobYet} */
function targetOf(control: GatewayControl, shown: BanTargetShown | undefined): BanTarget {
  const one = shown?.target;
  if (one?.case === undefined) {
    throw new ConnectError("target: a network or an account is wanted", Code.InvalidArgument);
  }
  return control.targetOf(one.case, one.value);
}

function banShown(ban: Ban): MessageInitShape<typeof BanInForceSchema> {
  return {
    target: { target: { case: ban.kind, value: ban.target } },
    reason: ban.reason,
    by: ban.by,
    sinceMs: BigInt(ban.sinceMs),
    untilMs: BigInt(ban.untilMs),
  };
}

function banText(ban: Ban | null): string {
  if (ban === null) return "not banned";
  const until = new Date(ban.untilMs).toISOString();
  return `${ban.target} banned until ${until} by ${ban.by}: ${ban.reason}`;
}

function heldText(difficulty: number | null): string {
  return difficulty === null ? "vardiff" : `held at ${difficulty}`;
}

function worded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asConnect(error);
  }
}

async function wordedLater<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asConnect(error);
  }
}

/** What a caller can do something about, in words; anything else is a fault of ours and stays one. */
function asConnect(error: unknown): unknown {
  if (error instanceof StateUnavailable) {
    const message =
      `the state that all gateways share is away, say it again when it is back: ${error.message}`;
    return new ConnectError(message, Code.Unavailable);
  }
  const found = CODES.find(([kind]) => error instanceof kind);
  if (found === undefined) return error;
  const [, code, field] = found;
  const { message } = error as Error;
  return new ConnectError(field === undefined ? message : `${field}: ${message}`, code);
}
