/**
 * Brings a ledger's server up: takes it as it runs, or makes and starts it. Only one process at a time may do this to a
 * folder.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { LedgerNotOpened } from "../port.ts";
import { connect } from "../pg/connect.ts";
import { exists } from "./programs.ts";
import type { Home } from "./home.ts";
import { type Answer, ask, pidFileOf, postmasterOf } from "./postmaster.ts";
import { complaintOf } from "./said.ts";
import {
  clusterOf,
  lastLog,
  makeCluster,
  passwordFileOf,
  type ServerProcess,
  spawnServer,
  stopServer,
  USER,
} from "./server.ts";

export interface BringUpDeps {
  readonly clock: Clock;
  /** On 127.0.0.1; 0 takes any that is free. One that runs already keeps its own. */
  readonly port: number;
  readonly volatile?: boolean | undefined;
  /** Aborted: stops waiting, ends what it has started itself, and throws the reason. */
  readonly signal: AbortSignal;
  readonly tell: (sentence: string | null) => void;
}

export interface Up {
  /** Of its database, password inside. */
  readonly url: string;
  /** Null where another process has started it. */
  readonly process: ServerProcess | null;
}

/** Looks at a server that starts. */
const LOOK_EVERY_MS = 50;
/** A recovery that takes longer than this is told. */
const TELL_AFTER_MS = 3_000;
/** A server that was killed may need several starts until its old children are gone. */
const STARTS = 20;
export const START_PAUSE_MS = 500;
/** A server that says nothing for so long is asked no more: a start says what is the matter. */
const SILENT_MS = 15_000;
/** So many starts find a server that runs, and nobody listens on its port: another program has its number now. */
const PUT_ASIDE_AT = 10;

/**
 * Resolves when the server answers and has its database.
 *
 * @throws {LedgerNotOpened} In a sentence.
 */
export async function bringUp(home: Home, deps: BringUpDeps): Promise<Up> {
  await made(home, deps);
  for (let start = 1;; start++) {
    deps.signal.throwIfAborted();
    const running = await attach(home, deps);
    if (running !== null) return await withDatabase({ url: running, process: null });
    const started = await startServer(home, deps);
    if (typeof started !== "string") return await withDatabase(started);
    const { sentence, lasting } = complaintOf(started);
    if (lasting || start === STARTS) {
      throw new LedgerNotOpened(`Cannot start the ledger in ${home.folder}: ${sentence}`);
    }
    if (start === PUT_ASIDE_AT) await putAside(clusterOf(home), started);
    deps.tell(`The ledger's server does not start: ${sentence}`);
    await deps.clock.sleep(START_PAUSE_MS, deps.signal);
  }
}

/** The cluster and its password are there. */
async function made(home: Home, { volatile }: BringUpDeps): Promise<void> {
  const [cluster, password] = [clusterOf(home), passwordFileOf(home)];
  if (await exists(cluster)) return;
  if (await exists(password)) {
    throw new LedgerNotOpened(
      `${cluster} is gone, and it was there: put it back from a backup, or remove ${password} for a new, empty ledger`,
    );
  }
  await makeCluster(home, { volatile });
}

async function addressOf(home: Home, port: number): Promise<string> {
  try {
    const password = await Deno.readTextFile(passwordFileOf(home));
    return `postgres://${USER}:${password.trim()}@127.0.0.1:${port}/${USER}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new LedgerNotOpened(`${passwordFileOf(home)} is gone: put it back from a backup`);
  }
}

/** The address of the server that runs already; null where none does. */
async function attach(home: Home, { clock, signal, tell }: BringUpDeps): Promise<string | null> {
  const begunMs = clock.monotonic();
  for (;;) {
    const found = await postmasterOf(clusterOf(home));
    if (found === null || found.port === 0) return null;
    const url = await addressOf(home, found.port);
    const answer = await askAllowed(url, found.port);
    if (answer === "ready") return url;
    // Nobody: of a dead process, which PostgreSQL sees itself. A stranger: the port is another's by now. Where a
    // server runs all the same, the start says so.
    const spentMs = clock.monotonic() - begunMs;
    if (answer !== "not yet" && (answer !== "silent" || spentMs > SILENT_MS)) return null;
    if (spentMs > TELL_AFTER_MS) tell("The ledger's server recovers: it is waited for");
    await clock.sleep(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

/** Starts it. @returns Its last words, where it ends instead of answering. */
async function startServer(home: Home, deps: BringUpDeps): Promise<Up | string> {
  const { clock, signal, tell, volatile } = deps;
  const port = deps.port || freePort();
  const url = await addressOf(home, port);
  const process = spawnServer(home, { port, volatile });
  let words: string | null = null;
  process.ended.then((text) => words = text);
  const begunMs = clock.monotonic();
  for (;;) {
    const answer = await askAllowed(url, port);
    if (words !== null) return await whole(home, words);
    if (answer === "ready") return { url, process };
    if (clock.monotonic() - begunMs > TELL_AFTER_MS) {
      tell("The ledger's server starts, or recovers: it is waited for");
    }
    await clock.sleep(LOOK_EVERY_MS);
    if (!signal.aborted) continue;
    if (await stopServer(home)) await process.ended;
    signal.throwIfAborted();
  }
}

/** Its last words are in its log, once it has come so far as to write one. */
async function whole(home: Home, words: string): Promise<string> {
  return words.includes("logging collector") ? await lastLog(home) : words;
}

/**
 * PostgreSQL takes any living process with the number in its file for a server. Its second guard against two servers on
 * one folder, the shared memory that belongs to it, does not rest on that file.
 */
async function putAside(cluster: string, words: string): Promise<void> {
  if (!/lock file "postmaster\.pid" already exists/.test(words)) return;
  await Deno.rename(pidFileOf(cluster), `${pidFileOf(cluster)}.old`);
}

async function askAllowed(url: string, port: number): Promise<Answer> {
  try {
    return await ask(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new LedgerNotOpened(
      `The ledger's server runs on port ${port}, which these settings do not name: set GOPOOL_LEDGER_PORT=${port}, or stop it`,
      { cause: error },
    );
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return (listener.addr as Deno.NetAddr).port;
}

/** The server makes only its own database "postgres". */
async function withDatabase(up: Up): Promise<Up> {
  const first = new URL(up.url);
  first.pathname = "/postgres";
  await using client = await connect(first.href);
  const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [USER]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${USER}`);
  return up;
}
