/** One look at the pool for the live screen. @module */
import {
  BlockService,
  type BlockSummary,
  ControlService,
  type ExplainedJob,
  type GetGatewayResponse,
  Health,
  JobService,
  Phase,
  SessionService,
  type SessionSummary,
  type StatusResponse,
} from "@gopool/proto/control";
import type { Ctl } from "../context.ts";
import { HELPERS, type Member, servicesOf } from "../pool.ts";
import { ago, word } from "../words.ts";
import { whoOf } from "../who.ts";
import type { Seen, ServiceLine } from "./render.ts";

/** Sessions that are looked at for the fastest ones: more would cost the gateway for a screen. */
const SESSIONS_LOOKED_AT = 200;
const SESSIONS_SHOWN = 15;
const BLOCKS_ASKED = 5;

interface Looked {
  readonly services: readonly ServiceLine[];
  readonly gateway: GetGatewayResponse | undefined;
  readonly sessions: readonly SessionSummary[];
  readonly job: ExplainedJob | undefined;
  readonly leads: boolean;
  readonly blocks: readonly BlockSummary[];
  readonly troubles: readonly string[];
}

/** Asks every process; what one does not answer is told among the troubles and left out. */
export async function look(ctl: Ctl): Promise<Seen> {
  const { pool, clock, signal } = ctl;
  const asked = await pool.asked();
  const looked = await Promise.all(
    asked.map((one) =>
      "why" in one
        ? Promise.resolve<Looked>({ ...NOTHING, troubles: [one.why] })
        : lookAt(one, ctl).catch((error): Looked => {
          signal.throwIfAborted();
          return {
            ...NOTHING,
            troubles: [`${one.place.name} does not answer: ${(error as Error).message}`],
          };
        })
    ),
  );
  const gateways = looked.flatMap(({ gateway }) => gateway === undefined ? [] : [gateway]);
  const blocks = looked.find(({ blocks }) => blocks.length > 0)?.blocks ?? [];
  const leader = looked.find(({ leads, job }) => leads && job !== undefined) ??
    looked.find(({ job }) => job !== undefined);
  return {
    atMs: clock.now(),
    services: looked.flatMap(({ services }) => services),
    miners: gateways.length === 0 ? undefined : {
      sessions: sum(gateways.map(({ sessions }) => sessions)),
      working: sum(gateways.map(({ working }) => working)),
      hashesPerSecond: sum(gateways.map(({ hashrate }) => hashrate)),
      accepted: total(gateways.map(({ shares }) => shares?.accepted ?? 0n)),
      refused: total(
        gateways.map(({ shares }) => (shares?.rejected ?? 0n) + (shares?.stale ?? 0n)),
      ),
    },
    top: looked.flatMap(({ sessions }) => sessions)
      .toSorted((a, b) => b.hashrate - a.hashrate).slice(0, SESSIONS_SHOWN)
      .map((one) => ({
        id: one.id,
        who: whoOf(one),
        userAgent: one.userAgent,
        difficulty: one.difficulty,
        hashesPerSecond: one.hashrate,
        accepted: one.accepted,
        refused: one.refused,
        lastShareAtMs: one.lastShareAtMs,
      })),
    job: leader?.job,
    blocks,
    troubles: looked.flatMap(({ troubles }) => troubles),
  };
}

const NOTHING: Looked = {
  services: [],
  gateway: undefined,
  sessions: [],
  job: undefined,
  leads: false,
  blocks: [],
  troubles: [],
};

async function lookAt(member: Member, ctl: Ctl): Promise<Looked> {
  const { client } = member;
  const { pool, clock } = ctl;
  const runs = new Set(servicesOf(member));
  // What one service does not say (it starts, it is drained) leaves the others their lines.
  const maybe = async <T>(service: string, ask: () => Promise<T>): Promise<T | undefined> =>
    runs.has(service) ? await ask().catch(() => undefined) : undefined;
  const [status, gateway, sessions, job, blocks] = await Promise.all([
    client(ControlService).status({}, pool.calling()),
    maybe("stratumd", () => client(SessionService).getGateway({}, pool.calling())),
    maybe(
      "stratumd",
      () => client(SessionService).listSessions({ pageSize: SESSIONS_LOOKED_AT }, pool.calling()),
    ),
    maybe("jobmanager", () => client(JobService).getJob({}, pool.calling())),
    maybe(
      "blocksubmit",
      () => client(BlockService).listBlocks({ pageSize: BLOCKS_ASKED }, pool.calling()),
    ),
  ]);
  return {
    services: serviceLines({ ...member, status }),
    gateway,
    sessions: sessions?.sessions ?? [],
    job: job?.job,
    leads: job?.leadership?.leads ?? false,
    blocks: blocks?.blocks ?? [],
    troubles: troubleLines(status, clock.now()),
  };
}

function serviceLines(member: Member): ServiceLine[] {
  const { status, place } = member;
  const states = new Map(status.services.map(({ name, phase }) => [name, phase]));
  return servicesOf(member).filter((name) => !HELPERS.has(name)).map((name) => {
    const own = status.lags.filter(({ group }) => group === name || group.startsWith(`${name}-`));
    return {
      name,
      at: place.name,
      state: word(Phase, states.get(name) ?? status.phase),
      lag: own.length === 0 ? null : total(own.map(({ lag }) => lag)),
    };
  });
}

function troubleLines({ parts }: StatusResponse, nowMs: number): string[] {
  return parts.filter(({ health }) => health !== Health.OK).map((
    { name, health, detail, sinceMs },
  ) => `${word(Health, health)} for ${ago(sinceMs, nowMs)}: ${name}: ${detail}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

function total(values: readonly bigint[]): bigint {
  return values.reduce((all, one) => all + one, 0n);
}
