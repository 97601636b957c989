/**
 * The embedded ledger: the real PostgreSQL beside the pool, started where none runs yet on its folder, kept running,
 * and ended by the last who used it.
 *
 * @module
 */
import { type Clock, systemClock } from "@gopool/runtime";
import { LedgerNotOpened } from "../port.ts";
import { connect } from "../pg/connect.ts";
import { exists } from "./programs.ts";
import { type Home, homeOf, prepareHome } from "./home.ts";
import { ask, pidFileOf, postmasterOf } from "./postmaster.ts";
import { complaintOf } from "./said.ts";
import {
  clusterOf,
  makeCluster,
  passwordFileOf,
  type ServerProcess,
  spawnServer,
  stopServer,
  USER,
} from "./server.ts";

export interface EmbeddedOptions {
  /** The pool's data folder; the ledger is below it, or where `home.json` says. */
  readonly dataDir: string;
  /** On 127.0.0.1; 0 takes any that is free. One that runs already keeps its own. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Told in a sentence what keeps the server from working, and null when that is over. */
  readonly onTrouble?: (sentence: string | null) => void;
  /** Aborted: stops waiting for a server that recovers. */
  readonly signal?: AbortSignal;
  /** Only for tests: what is written survives a kill of the server, but no power cut. */
  readonly volatile?: boolean;
}

export interface Embedded extends AsyncDisposable {
  /** For openLedger, password inside. */
  readonly url: string;
  readonly home: Home;
  /** Whether it ran already. */
  readonly attached: boolean;
}

/** Looks at a server that starts. */
const LOOK_EVERY_MS = 50;
/** A recovery that takes longer than this is told. */
const TELL_AFTER_MS = 3_000;
/** Looks whether a server that another started still listens. */
const WATCH_EVERY_MS = 1_000;
/** A server that was killed may need several starts until its old children are gone. */
const STARTS = 30;
const START_PAUSE_MS = 500;
/** So many starts find a server that runs, and nobody listens on its port: another program has its number now. */
const PUT_ASIDE_AT = 20;
/** Between tries to start again a server that went down by itself. */
const AGAIN_LAST_MS = 30_000;

/**
 * Resolves when the server answers. Runs it until disposed; ends it then, unless another process uses it.
 *
 * @throws {LedgerNotOpened} In a sentence.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const keeper = new Keeper(options, await homeFor(options.dataDir));
  await keeper.begin();
  return keeper;
}

async function homeFor(dataDir: string): Promise<Home> {
  try {
    return await prepareHome(dataDir);
  } catch (error) {
    // Under a permission set that was made for what is prepared already: the launcher has done it.
    const home = error instanceof Deno.errors.NotCapable ? homeOf(dataDir) : null;
    if (home === null) throw error;
    return home;
  }
}

class Keeper implements Embedded {
  attached = false;
  url = "";
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #process: ServerProcess | null = null;
  #port = 0;
  #inUse: Deno.FsFile | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(readonly options: EmbeddedOptions, readonly home: Home) {
    this.#clock = options.clock ?? systemClock;
  }

  async begin(): Promise<void> {
    try {
      await this.#up();
    } catch (error) {
      this.#inUse?.close();
      throw error;
    }
    this.#watching = this.#watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    await this.#watching;
    this.#inUse?.close();
    using _starting = await this.#starting();
    using users = await openLock(`${this.home.folder}/users.lock`);
    if (!await users.tryLock(true)) return;
    if (await postmasterOf(clusterOf(this.home)) === null) return;
    if (await stopServer(this.home)) await this.#process?.ended;
  }

  /** One process at a time starts or ends the server. */
  async #starting(): Promise<Disposable> {
    const file = await openLock(`${this.home.folder}/start.lock`);
    await file.lock(true);
    return file;
  }

  /** The server runs and answers when this resolves. */
  async #up(): Promise<void> {
    using _starting = await this.#starting();
    if (this.#inUse === undefined) {
      this.#inUse = await openLock(`${this.home.folder}/users.lock`);
      await this.#inUse.lock(false);
    }
    await this.#made();
    for (let start = 1;; start++) {
      this.#stopped();
      if (await this.#attach()) return;
      const words = await this.#start();
      if (words === null) return;
      const { sentence, lasting } = complaintOf(words);
      if (lasting || start === STARTS) {
        throw new LedgerNotOpened(`Cannot start the ledger in ${this.home.folder}: ${sentence}`);
      }
      if (start === PUT_ASIDE_AT) await putAside(clusterOf(this.home), words);
      this.#tell(`The ledger's server does not start: ${sentence}`);
      await this.#clock.sleep(START_PAUSE_MS, this.#over.signal);
    }
  }

  /** The cluster and its password are there. */
  async #made(): Promise<void> {
    const cluster = clusterOf(this.home);
    if (!await exists(cluster)) {
      if (await exists(passwordFileOf(this.home))) {
        throw new LedgerNotOpened(
          `${cluster} is gone, and it was there: put it back from a backup, or remove ${
            passwordFileOf(this.home)
          } for a new, empty ledger`,
        );
      }
      await makeCluster(this.home);
    }
  }

  async #address(port: number): Promise<string> {
    try {
      const password = await Deno.readTextFile(passwordFileOf(this.home));
      return `postgres://${USER}:${password.trim()}@127.0.0.1:${port}/${USER}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new LedgerNotOpened(`${passwordFileOf(this.home)} is gone: put it back from a backup`);
    }
  }

  /** Takes the server that runs already, when one does. */
  async #attach(): Promise<boolean> {
    const cluster = clusterOf(this.home);
    const begunMs = this.#clock.monotonic();
    for (;;) {
      const found = await postmasterOf(cluster);
      if (found === null || found.port === 0) return false;
      const url = await this.#address(found.port);
      const answer = await askAllowed(url, found.port);
      if (answer === "ready") {
        this.attached = true;
        await this.#ready(url);
        return true;
      }
      // Nobody: of a dead process, which PostgreSQL sees itself. A stranger: the port is another's by now. Where a
      // server runs all the same, the start says so.
      if (answer !== "not yet") return false;
      const spentMs = this.#clock.monotonic() - begunMs;
      if (spentMs > TELL_AFTER_MS) this.#tell("The ledger's server recovers: it is waited for");
      await this.#clock.sleep(LOOK_EVERY_MS, this.#over.signal);
      this.#stopped();
    }
  }

  /** Starts it. @returns Null when it answers, else its last words. */
  async #start(): Promise<string | null> {
    // Whoever has been told its address finds it there again.
    const port = this.#port || this.options.port || freePort();
    const url = await this.#address(port);
    const process = spawnServer(this.home, { port, volatile: this.options.volatile });
    let words: string | null = null;
    process.ended.then((text) => words = text);
    const begunMs = this.#clock.monotonic();
    for (;;) {
      const answer = await askAllowed(url, port);
      if (words !== null) return words;
      if (answer === "ready") break;
      if (this.#clock.monotonic() - begunMs > TELL_AFTER_MS) {
        this.#tell("The ledger's server starts, or recovers: it is waited for");
      }
      await this.#clock.sleep(LOOK_EVERY_MS);
      if (this.#aborted()) {
        await stopServer(this.home);
        await process.ended;
        this.#stopped();
      }
    }
    this.#process = process;
    this.attached = false;
    await this.#ready(url);
    return null;
  }

  async #ready(url: string): Promise<void> {
    await makeDatabase(url);
    this.url = url;
    this.#port = Number(new URL(url).port);
    this.#tell(null);
  }

  /** Starts the server again whenever it is gone. */
  async #watch(): Promise<void> {
    let waitMs = START_PAUSE_MS;
    while (!this.#over.signal.aborted) {
      await this.#gone();
      if (this.#over.signal.aborted) return;
      this.#tell("The ledger's server is gone: it is started again");
      try {
        await this.#up();
        waitMs = START_PAUSE_MS;
      } catch (error) {
        if (this.#over.signal.aborted) return;
        this.#tell((error as Error).message);
        await this.#clock.sleep(waitMs, this.#over.signal);
        waitMs = Math.min(2 * waitMs, AGAIN_LAST_MS);
      }
    }
  }

  /** Resolves when the server does not run any more, or when this keeper ends. */
  async #gone(): Promise<void> {
    if (this.#process !== null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#over.signal.addEventListener("abort", () => resolve(), { once: true });
      if (this.#over.signal.aborted) resolve();
      const process = this.#process;
      await Promise.race([process.ended, promise]);
      if (!this.#over.signal.aborted) this.#process = null;
      return;
    }
    while (!this.#over.signal.aborted && await listens(this.#port)) {
      await this.#clock.sleep(WATCH_EVERY_MS, this.#over.signal);
    }
  }

  #aborted(): boolean {
    return this.#over.signal.aborted || (this.options.signal?.aborted ?? false);
  }

  #stopped(): void {
    this.options.signal?.throwIfAborted();
    this.#over.signal.throwIfAborted();
  }

  #tell(sentence: string | null): void {
    this.options.onTrouble?.(sentence);
  }
}

/**
 * PostgreSQL takes any living process with the number in its file for a server. Its second guard against two servers on
 * one folder, the shared memory that belongs to it, does not rest on that file.
 */
async function putAside(cluster: string, words: string): Promise<void> {
  if (!/lock file "postmaster\.pid" already exists/.test(words)) return;
  await Deno.rename(pidFileOf(cluster), `${pidFileOf(cluster)}.old`);
}

/** The file is there for its lock alone. */
async function openLock(path: string): Promise<Deno.FsFile> {
  return await Deno.open(path, { create: true, write: true });
}

async function askAllowed(url: string, port: number): ReturnType<typeof ask> {
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

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** The server makes only its own database "postgres". */
async function makeDatabase(url: string): Promise<void> {
  const first = new URL(url);
  first.pathname = "/postgres";
  await using client = await connect(first.href);
  const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [USER]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${USER}`);
}
