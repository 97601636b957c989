/**
 * The servers that are put under load, each in a process of its own.
 *
 * @module
 */
import { type Bus, openBus, shareSubmissions, shareValid } from "@gopool/bus";
import { readConfig } from "@gopool/config";
import { migrate } from "@gopool/ledger";
import { Verdict } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { decodeSubmission } from "@gopool/shares";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { startPostgres } from "@gopool/testing/servers";
import { schema } from "@gopool/poold/config";
import { permissionFlags } from "@gopool/poold/permissions";
import { counted } from "@gopool/poold/topics/count";
import type { Control } from "./calls.ts";
import { Child } from "./processes.ts";
import { ADDRESS, CONTROL_TOKEN, EVERY_HASH, MANY_SESSIONS } from "./settings.ts";

export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Null: it has none. */
  readonly control: Control | null;
  /** Port of the public API; null: it has none. */
  readonly api: number | null;
  /** Makes a job for all; gives when it was begun, wall clock ms. */
  newJob(): Promise<number>;
  /** Resolves when everything answered so far is judged. Null: nobody judges here. */
  readonly judged: (() => Promise<void>) | null;
  /** Shares that count, over the whole run. Null: nobody keeps books here. */
  readonly counted: (() => Promise<number>) | null;
}

/** What a subject is started with. */
export interface Start {
  readonly core: number | null;
  /** Flags of the runtime for the server's process: a profiler's. */
  readonly flags: readonly string[];
}

/** The judge's group on share.submissions. */
const JUDGE = "shareproc";
/** A backlog that is not judged by then never will be. */
const JUDGED_MAX_MS = 60_000;
/** A whole pool is up by then. */
const START_MAX_MS = 20_000;

const fileOf = (name: string) => new URL(name, import.meta.url).pathname;
/** Children of this folder are tests as their parent is. */
const OWN = ["run", "--quiet", "--permission-set=tests"];

/** The bare server; see reference.ts. */
export async function reference({ core, flags }: Start): Promise<Subject> {
  const child = new Child({ args: [...OWN, ...flags, fileOf("reference.ts")], core });
  return await own("reference", child, null, null);
}

/** One stratumd; see gateway.ts. Its books are share.submissions: nobody judges. */
export async function stratumd({ core, flags }: Start): Promise<Subject> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir("gopool-load-"));
  const child = new Child({ args: [...OWN, ...flags, fileOf("gateway.ts"), folder.path], core });
  open.use(child);
  const bus = open.use(await openWhenThere(child, `sqlite:${folder.path}/bus.db`));
  return await own("stratumd", child, open.move(), () => accepted(bus));
}

/** The whole pool in one process, on a simulated node in another. */
export async function poold({ core, flags }: Start): Promise<Subject> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir("gopool-load-"));
  const node = open.use(new Child({ args: [...OWN, fileOf("node.ts")], core: null }));
  // Durable, as a pool's is.
  const ledger = open.use(await startPostgres({ durable: true }));
  await migrate(ledger.url, { clock: systemClock });
  const port = freePort();
  const controlPort = freePort();
  const apiPort = freePort();
  const env: Record<string, string> = {
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_LEDGER_URL: ledger.url,
    GOPOOL_NODE_URL: `http://load:load@127.0.0.1:${await node.told("port")}`,
    GOPOOL_POOL_ADDRESS: ADDRESS,
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_API_LISTEN: `127.0.0.1:${apiPort}`,
    // All come from one address here.
    GOPOOL_API_RATE: "0",
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${controlPort}`,
    GOPOOL_CONTROL_TOKENS: `load:read:${CONTROL_TOKEN}`,
    GOPOOL_STRATUM_VARDIFF: "off",
    GOPOOL_STRATUM_START_DIFFICULTY: String(EVERY_HASH),
    GOPOOL_STRATUM_MIN_DIFFICULTY: String(EVERY_HASH),
    GOPOOL_STRATUM_MAX_SESSIONS: String(MANY_SESSIONS),
    GOPOOL_STRATUM_MAX_SESSIONS_PER_ADDRESS: String(MANY_SESSIONS),
    GOPOOL_STRATUM_MAX_CONNECTS_PER_ADDRESS: "1000000",
    GOPOOL_LOG_FORMAT: "json",
  };
  const read = (name: string) => env[name];
  const allowed = permissionFlags(readConfig("poold", schema, { args: [], env: read }), read);
  const main = fileOf("../../services/poold/main.ts");
  const child = open.use(
    new Child({ args: ["run", "--quiet", ...allowed, ...flags, main], env, core }),
  );
  await waitFor(() => listens(port, child), "the pool to let miners in", {
    deadlineMs: START_MAX_MS,
  });
  const bus = open.use(await openBus(`sqlite:${folder.path}/bus.db`, { clock: systemClock }));
  const owned = open.move();
  return {
    name: "poold",
    pid: child.pid,
    port,
    control: { port: controlPort, token: CONTROL_TOKEN },
    api: apiPort,
    async newJob() {
      await node.say("job");
      return await node.told("job");
    },
    judged: async () => {
      try {
        const deadlineMs = JUDGED_MAX_MS;
        await waitFor(() => isJudged(bus), "all shares to be judged", { deadlineMs });
      } catch (error) {
        throw new Error(`${(error as Error).message}. The pool's log:\n${child.log}`);
      }
    },
    counted: async () => (await counted(bus, shareValid)).distinct,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function own(
  name: string,
  child: Child,
  owned: AsyncDisposableStack | null,
  counted: (() => Promise<number>) | null,
): Promise<Subject> {
  const end = () => owned === null ? child[Symbol.asyncDispose]() : owned.disposeAsync();
  try {
    return {
      name,
      pid: child.pid,
      port: await child.told("port"),
      control: name === "reference"
        ? null
        : { port: await child.told("control"), token: CONTROL_TOKEN },
      api: null,
      async newJob() {
        await child.say("job");
        return await child.told("job");
      },
      judged: null,
      counted,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function listens(port: number, child: Child): Promise<boolean> {
  if (child.ended) throw new Error(`The pool ended while it started:\n${child.log}`);
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}

/** The child makes the file, so that the two don't fight over who does. */
async function openWhenThere(child: Child, url: string): Promise<Bus> {
  await waitFor(
    async () => {
      if (child.ended) throw new Error(`It ended while it started:\n${child.log}`);
      return await Deno.stat(url.slice("sqlite:".length)).then(() => true, () => false);
    },
    "the log",
    { deadlineMs: START_MAX_MS },
  );
  return await openBus(url, { clock: systemClock });
}

async function isJudged(bus: Bus): Promise<boolean> {
  const ends = await bus.ends(shareSubmissions);
  const committed = await bus.committed(shareSubmissions, JUDGE);
  return ends.every(({ next }, p) => (committed[p] ?? 0) === next);
}

/** Accepted submissions in the log. */
async function accepted(bus: Bus): Promise<number> {
  let count = 0;
  for (const { partition, earliest } of await bus.ends(shareSubmissions)) {
    for await (const { messages } of bus.read(shareSubmissions, partition, earliest)) {
      for (const { value } of messages) {
        if (decodeSubmission(value).verdict === Verdict.ACCEPTED) count++;
      }
    }
  }
  return count;
}
