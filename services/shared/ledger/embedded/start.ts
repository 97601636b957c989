/**
 * The embedded ledger: the real PostgreSQL beside the pool, started where none runs yet on its folder, kept running,
 * and ended by the last who used it.
 *
 * @module
 */
import { type Clock, systemClock } from "@gopool/runtime";
import { bringUp, START_PAUSE_MS } from "./bring_up.ts";
import { type Home, homeOf, prepareHome } from "./home.ts";
import { postmasterOf } from "./postmaster.ts";
import { clusterOf, type ServerProcess, stopServer } from "./server.ts";

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
  /** For openLedger, password inside. The same for as long as it is in use, through restarts of the server. */
  readonly url: string;
  readonly home: Home;
  /** Whether another process has started the server that runs now. */
  readonly attached: boolean;
}

/** Looks whether a server that another started still listens. */
const WATCH_EVERY_MS = 1_000;
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
  url = "";
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #process: ServerProcess | null = null;
  #port: number;
  #inUse: Deno.FsFile | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(readonly options: EmbeddedOptions, readonly home: Home) {
    this.#clock = options.clock ?? systemClock;
    this.#port = options.port ?? 0;
  }

  get attached(): boolean {
    return this.#process === null;
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
    const { signal, volatile } = this.options;
    const stop = signal === undefined
      ? this.#over.signal
      : AbortSignal.any([this.#over.signal, signal]);
    const tell = (sentence: string | null) => this.#tell(sentence);
    const deps = { clock: this.#clock, port: this.#port, volatile, signal: stop, tell };
    const { url, process } = await bringUp(this.home, deps);
    this.url = url;
    this.#process = process;
    // Whoever has been told its address finds it there again.
    this.#port = Number(new URL(url).port);
    tell(null);
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
    const { signal } = this.#over;
    if (this.#process !== null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
      await Promise.race([this.#process.ended, promise]);
      return;
    }
    while (!signal.aborted && await listens(this.#port)) {
      await this.#clock.sleep(WATCH_EVERY_MS, signal);
    }
  }

  #tell(sentence: string | null): void {
    this.options.onTrouble?.(sentence);
  }
}

/** The file is there for its lock alone. */
async function openLock(path: string): Promise<Deno.FsFile> {
  return await Deno.open(path, { create: true, write: true });
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
