/**
 * JobService: what the jobmanager answers to operators.
 *
 * @module
 */
import { displayHash, type Network } from "@gopool/chain";
import { Code, ConnectError, note, type ServiceImpl } from "@gopool/control";
import type { NodePreference, Nodes, NodeStanding } from "@gopool/node";
import type {
  ExplainedJobSchema,
  JobService,
  LeadershipSchema,
  MessageInitShape,
  NodePreferenceSchema,
  NodeStateSchema,
} from "@gopool/proto/control";
import type { Desk } from "./desk.ts";
import { explainJob, explainTemplate, wayOf } from "./explain.ts";
import { explainLayout, msOf, resultOf } from "./explain_variants.ts";
import type { BookedJob } from "./job_book.ts";
import { LAYOUT_PAGE, PREFER_MS } from "./limits.ts";
import { TooManyWatchers } from "./watchers.ts";

export interface JobRpcDeps {
  readonly desk: Desk;
  readonly nodes: Nodes;
}

export function createJobRpc({ desk, nodes }: JobRpcDeps): ServiceImpl<typeof JobService> {
  const explained = (booked: BookedJob): MessageInitShape<typeof ExplainedJobSchema> =>
    explainJob(booked, {
      ...groundOf(desk),
      tellings: nodes.tellings(booked.job.previousHash),
    });

  return {
    async getJob({ id }) {
      const booked = id === "" ? desk.book.current : desk.book.get(id);
      if (booked === null && id !== "") {
        throw new ConnectError(
          `id: job ${id} is not among the last that this jobmanager knows`,
          Code.NotFound,
        );
      }
      const { held } = desk;
      return {
        ...(booked === null ? {} : { job: explained(booked) }),
        ...(held === null || booked === null
          ? {}
          : { template: explainTemplate(held, booked.job.network as Network) }),
        leadership: await explainLeadership(desk),
      };
    },

    async refreshJob(_, context) {
      const before = desk.book.current;
      const asked = await (desk.ask() ?? refuseToLead(desk));
      if (asked.kind !== "sent") {
        const code = asked.kind === "too-soon" ? Code.ResourceExhausted : Code.Unavailable;
        throw new ConnectError(asked.sentence, code);
      }
      note(context, { before: before?.job.id ?? "", after: asked.id });
      // Just published: it is among the last.
      return {
        ...(before === null ? {} : { before: explained(before) }),
        job: explained(desk.book.get(asked.id)!),
      };
    },

    async *watchJobs({ past }, { signal }) {
      for await (const { value, missed } of watch(desk, past, signal)) {
        yield { job: explained(value), missed };
      }
    },

    listNodes() {
      const { chosen, preference } = nodes;
      return {
        nodes: nodes.standings().map(explainNode),
        ...preferenceIn("preference", preference),
        tipHash: chosen === null ? "" : displayHash(chosen.hash),
        tipHeight: chosen?.height ?? 0,
      };
    },

    preferNode({ node, forMs }, context) {
      const before = nodes.preference;
      try {
        nodes.prefer(node === "" ? null : node, forMs === 0 ? PREFER_MS : forMs);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new ConnectError(`node: ${error.message}`, Code.InvalidArgument);
      }
      const after = nodes.preference;
      note(context, { before: shown(before), after: shown(after) });
      return {
        ...preferenceIn("before", before),
        ...preferenceIn("preference", after),
        givesWork: nodes.best()?.name ?? "",
      };
    },

    listLayouts({ pageSize, pageToken, result }) {
      const { layouts } = groundOf(desk);
      // Numbers rise and newest comes first: a page goes on below the last one's number, whatever came meanwhile.
      const below = pageToken === "" ? Infinity : Number(pageToken);
      const size = pageSize === 0 ? LAYOUT_PAGE : pageSize;
      const found = layouts.all().filter(({ number, verdict }) =>
        number < below && (result === 0 || resultOf(verdict) === result)
      );
      const page = found.slice(0, size);
      const current = desk.book.current?.job ?? null;
      return {
        layouts: page.map((asked) => explainLayout(asked, current)),
        nextPageToken: found.length > size ? String(page.at(-1)!.number) : "",
      };
    },
  };
}

/** What there is to explain jobs with; before the network is known there are no jobs either. */
function groundOf({ ground }: Desk): NonNullable<Desk["ground"]> {
  if (ground === null) {
    throw new ConnectError(
      "no node has answered yet: the jobmanager knows no network and no jobs",
      Code.Unavailable,
    );
  }
  return ground;
}

function watch(desk: Desk, past: number, signal: AbortSignal) {
  groundOf(desk);
  try {
    return desk.watchers.watch(desk.book.past(past), signal);
  } catch (error) {
    if (error instanceof TooManyWatchers) {
      throw new ConnectError(error.message, Code.ResourceExhausted);
    }
    throw error;
  }
}

async function refuseToLead(desk: Desk): Promise<never> {
  const { leads, detail, leader, holder } = await desk.leadership();
  const why = leads ? "it has the lead, and its work has not begun" : `it ${detail}`;
  const who = leader === null || leader === holder ? "" : `; ${leader} leads as far as is known`;
  throw new ConnectError(
    `this jobmanager makes no jobs now: ${why}${who}`,
    Code.FailedPrecondition,
  );
}

async function explainLeadership(
  desk: Desk,
): Promise<MessageInitShape<typeof LeadershipSchema>> {
  const { leads, detail, holder, leader, term } = await desk.leadership();
  const current = desk.book.current;
  return {
    leads,
    detail,
    holder,
    leader: leader ?? "",
    term,
    lastJobAtMs: msOf(current?.loggedAtMs ?? current?.own?.publishedAtMs),
  };
}

function explainNode(standing: NodeStanding): MessageInitShape<typeof NodeStateSchema> {
  const { name, ok, detail, tip, told, isAtTip, givesWork, record } = standing;
  return {
    name,
    healthy: ok,
    detail,
    height: tip?.height ?? 0,
    tipHash: tip === null ? "" : displayHash(tip.hash),
    tipAtMs: msOf(told?.atMs),
    tipWay: wayOf(told?.way ?? null),
    atTip: isAtTip,
    givesWork,
    ...(record?.latencyMs == null ? {} : { latencyMs: record.latencyMs }),
    answers: BigInt(record?.answers ?? 0),
    failures: BigInt(record?.failures ?? 0),
    lastError: record?.lastTrouble?.sentence ?? "",
    lastErrorAtMs: msOf(record?.lastTrouble?.atMs),
  };
}

function preferenceIn<K extends string>(
  name: K,
  preference: NodePreference | null,
): Partial<Record<K, MessageInitShape<typeof NodePreferenceSchema>>> {
  if (preference === null) return {};
  const { node, expiresAtMs } = preference;
  const shape = { node, expiresAtMs: msOf(expiresAtMs) };
  return { [name]: shape } as Partial<Record<K, typeof shape>>;
}

/** For the record of the call. */
function shown(preference: NodePreference | null): string {
  return preference === null
    ? "the order of the settings"
    : `${preference.node} until ${new Date(preference.expiresAtMs).toISOString()}`;
}
