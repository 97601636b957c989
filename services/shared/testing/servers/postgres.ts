/**
 * A real PostgreSQL for tests, on 127.0.0.1: the one that the embedded ledger runs, ended with the test that started it.
 *
 * @module
 */
import {
  ask,
  ENV,
  type Home,
  installed,
  makeCluster,
  passwordFileOf,
  prepareHome,
  programOf,
  serverArguments,
  USER,
} from "@gopool/ledger/embedded";
import { freePort } from "../places.ts";
import type { Absent } from "./absent.ts";
import { type Pem, tlsFiles } from "./pem.ts";
import { type Running, untilReady } from "./process.ts";
import { end, spawnWatched } from "./watched.ts";

export interface PostgresOptions {
  /** Takes this port; default a free one. */
  readonly port?: number;
  /** It survives a power cut, which no test makes: slower. A kill of the server it survives in any case. */
  readonly durable?: boolean;
  /** Takes TLS, too. */
  readonly tls?: boolean;
  /** More of its own settings: `{ max_connections: "5" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer extends AsyncDisposable {
  /** Of its superuser, on the database "postgres". */
  readonly url: string;
  readonly port: number;
  /** Goes with it. */
  readonly folder: string;
  readonly pid: number;
  /** The certificates, where TLS was asked for. */
  readonly pem: Pem | null;
  /** SIGINT, and its end: connections are closed with a word. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: it takes connections and answers nothing. What is connected goes on. */
  stall(on: boolean): void;
  /** Starts it again, in its old place. */
  restart(): Promise<void>;
}

/** Test files run side by side, each with several connections. */
const CONNECTIONS = "300";

/** Whether its packages are installed for this kind of machine. */
export function findPostgres(): { readonly folder: string } | Absent {
  return installed() ?? { why: "no package has it for this kind of machine" };
}

/** Makes a cluster in a temporary folder, starts the server and waits until it answers. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { port = freePort(), durable = false, tls = false, settings = {} } = options;
  const folder = await Deno.makeTempDir({ prefix: "postgres-" });
  const home = await prepareHome(folder);
  await makeCluster(home, { volatile: !durable });
  const pem = tls ? await tlsFiles(folder) : null;
  await give(home, folder, pem);
  const password = await Deno.readTextFile(passwordFileOf(home));
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  const all = {
    max_connections: CONNECTIONS,
    logging_collector: "off",
    ...(pem === null ? {} : {
      ssl: "on",
      ssl_cert_file: pem.files.serverCert,
      ssl_key_file: pem.files.serverKey,
    }),
    ...settings,
  };
  const flags = [
    ...serverArguments(home, { port, volatile: !durable }),
    ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  let running: Running;
  let over = false;

  async function launch(): Promise<void> {
    running = await spawnWatched(programOf(home.programs, "postgres"), flags, {
      folder,
      env: ENV,
      clearEnv: true,
      ...(home.uid === null ? {} : { uid: home.uid }),
    });
    await untilReady(running, "PostgreSQL", async () => {
      const answer = await ask(url);
      if (answer !== "ready") throw new Error(answer);
    });
  }
  const finish = async () => {
    if (over) return;
    over = true;
    // Ends at once, in order: what it shared in memory is given back.
    if (!running.ended()) running.child.kill("SIGQUIT");
    await end(running);
    await Deno.remove(folder, { recursive: true });
  };
  await launch();
  return {
    url,
    port,
    folder,
    get pid() {
      return running.child.pid;
    },
    pem,
    async stop() {
      running.child.kill("SIGINT");
      await running.printed;
    },
    kill: () => end(running, { atOnce: true }),
    stall: (on) => running.child.kill(on ? "SIGSTOP" : "SIGCONT"),
    restart: launch,
    [Symbol.asyncDispose]: finish,
  };
}

/** Its watch runs as the server's user, and removes the folder if this process is killed. */
async function give({ uid, folder }: Home, parent: string, pem: Pem | null): Promise<void> {
  if (uid === null) return;
  const tls = pem === null ? [] : [`${parent}/tls`, pem.files.serverCert, pem.files.serverKey];
  for (const path of [folder, parent, ...tls]) await Deno.chown(path, uid, uid);
}
