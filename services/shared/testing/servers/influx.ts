/**
 * An InfluxDB 3 for tests: a real one where GOPOOL_TEST_INFLUX names it, else the stand-in beside this file (influx/),
 * which speaks its wire and runs the SQL on what was written, and has no more of it than the tests need.
 *
 * @module
 */
import { freePort } from "../places.ts";
import { absence } from "./shared.ts";
import { skipped } from "./absent.ts";
import { type Running, untilReady } from "./process.ts";
import { type Pem, tlsFiles } from "./pem.ts";
import { findPython } from "./python.ts";
import { end, spawnWatched } from "./watched.ts";

/** `influx://HOST:PORT`, and the token that it wants in INFLUX_TOKEN_VARIABLE. */
export const INFLUX_VARIABLE = "GOPOOL_TEST_INFLUX";
export const INFLUX_TOKEN_VARIABLE = "GOPOOL_TEST_INFLUX_TOKEN";

/** DataFusion is the engine that InfluxDB 3 runs its SQL with; Arrow Flight is its wire. */
const PYTHON = {
  name: "influx",
  packages: ["datafusion==55.0.0", "pyarrow==26.0.1"],
  proof: "import datafusion, pyarrow.flight",
};

const PROGRAM = new URL("./influx/server.py", import.meta.url);

/** Any InfluxDB 3. */
export interface InfluxPlace {
  /** "InfluxDB 3" or "InfluxDB 3's stand-in". */
  readonly name: string;
  /** `influx://HOST:PORT` */
  readonly url: string;
  readonly token: string | undefined;
  /** Removes a database and those beside it, whose names begin with its own and `_`. */
  drop(database: string): Promise<void>;
}

export interface InfluxStandInOptions {
  readonly token?: string;
  /** How often a write is answered; default at once, while the real server does once a second. */
  readonly flushMs?: number;
  /** Only TLS on its port. */
  readonly tls?: boolean;
}

/** One question that the stand-in was asked, and how many files of each table it would have opened. */
export interface AskedQuestion {
  readonly sql: string;
  readonly files: readonly (readonly [table: string, files: number])[];
  /** For too many of them. */
  readonly refused: boolean;
}

export interface InfluxStandIn extends InfluxPlace, AsyncDisposable {
  readonly port: number;
  /** The certificates, where TLS was asked for. */
  readonly pem: Pem | null;
  /** SIGKILL. What was answered before is there after `restart()`. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: it takes connections and answers nothing. */
  stall(on: boolean): void;
  restart(): Promise<void>;
  /** What was written so far goes into files; what comes for the same slots later makes further ones. */
  snapshot(): Promise<void>;
  /** Since the last call. */
  questions(): Promise<readonly AskedQuestion[]>;
  /** Writes answered since the start. */
  writes(): Promise<number>;
}

/**
 * The real server by its variable, else a stand-in for this file. Null where this machine can have neither, with a skipped
 * test that says why. Ask at the top of a test file.
 */
export async function testInflux(): Promise<InfluxPlace | null> {
  const url = Deno.env.get(INFLUX_VARIABLE);
  if (url) {
    return realPlace(url.replace(/\/+$/, ""), Deno.env.get(INFLUX_TOKEN_VARIABLE) || undefined);
  }
  const python = await testInfluxPython();
  if (python === null) return null;
  const server = await startInflux(python);
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());
  return server;
}

/** For tests that start stand-ins of their own: the Python, or null as `testInflux()` gives it. */
export async function testInfluxPython(): Promise<string | null> {
  const python = await findPython(PYTHON);
  return typeof python === "string" ? python : skipped(absence("InfluxDB 3's stand-in", python));
}

function realPlace(url: string, token: string | undefined): InfluxPlace {
  const http = url.replace(/^influx/, "http");
  return { name: "InfluxDB 3", url, token, drop: (database) => drop(http, token, database) };
}

/** Starts it and waits until it answers (a second or two). `python` is what `testInfluxPython()` gave. */
export async function startInflux(
  python: string,
  { token, flushMs = 0, tls = false }: InfluxStandInOptions = {},
): Promise<InfluxStandIn> {
  const folder = await Deno.makeTempDir({ prefix: "influx-" });
  const port = freePort();
  const http = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
  const pem = tls ? await tlsFiles(folder) : null;
  const client = pem === null ? {} : { client: Deno.createHttpClient({ caCerts: [pem.ca] }) };
  const flags = [
    // Neither does it write compiled files beside its source.
    ...["-B", PROGRAM.pathname, "--port", String(port), "--folder", folder],
    ...["--flush-ms", String(flushMs)],
    ...(token === undefined ? [] : ["--token", token]),
    ...(pem === null ? [] : ["--cert", pem.files.serverCert, "--key", pem.files.serverKey]),
  ];
  let running: Running;
  let over = false;

  async function ask(path: string): Promise<Response> {
    const response = await fetch(http + path, client);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
  async function launch(): Promise<void> {
    running = await spawnWatched(python, flags, { folder });
    await untilReady(
      running,
      "InfluxDB 3's stand-in",
      async () => await (await ask("/standin/writes")).body?.cancel(),
    );
  }
  const finish = async () => {
    if (over) return;
    over = true;
    client.client?.close();
    await end(running, { atOnce: true });
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await launch();
  } catch (error) {
    await finish();
    throw error;
  }
  return {
    name: "InfluxDB 3's stand-in",
    url: tls ? `influxs://localhost:${port}` : `influx://127.0.0.1:${port}`,
    token,
    port,
    pem,
    drop: (database) => drop(http, token, database),
    kill: () => end(running, { atOnce: true }),
    stall: (on) => running.child.kill(on ? "SIGSTOP" : "SIGCONT"),
    restart: launch,
    snapshot: async () => void await (await ask("/standin/snapshot")).body?.cancel(),
    questions: async () => await (await ask("/standin/queries")).json(),
    writes: async () => (await (await ask("/standin/writes")).json()).writes,
    [Symbol.asyncDispose]: finish,
  };
}

async function drop(http: string, token: string | undefined, database: string): Promise<void> {
  const headers: Record<string, string> = token === undefined
    ? {}
    : { authorization: `Bearer ${token}` };
  const place = `${http}/api/v3/configure/database`;
  const all = await (await fetch(`${place}?format=json`, { headers })).json() as Record<
    string,
    string
  >[];
  for (const name of all.map((one) => one["iox::database"]!)) {
    if (name !== database && !name.startsWith(`${database}_`)) continue;
    const gone = await fetch(`${place}?db=${encodeURIComponent(name)}`, {
      method: "DELETE",
      headers,
    });
    await gone.body?.cancel();
  }
}
