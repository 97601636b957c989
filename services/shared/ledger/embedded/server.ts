/**
 * The programs of PostgreSQL as they are run for one ledger.
 *
 * @module
 */
import { LedgerNotOpened } from "../port.ts";
import type { Home } from "./home.ts";
import { type ProgramName, programOf } from "./programs.ts";
import { complaintOf } from "./said.ts";

export const clusterOf = ({ folder }: Home) => `${folder}/cluster`;
export const passwordFileOf = ({ folder }: Home) => `${folder}/password`;

/** Superuser of the embedded server, and the name of the database. */
export const USER = "gopool";

export interface ServerOptions {
  readonly port: number;
  /** Only for tests: what is written survives a kill of the server, but no power cut. */
  readonly volatile?: boolean;
}

/** A server that was started here. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with its last words when it has ended. */
  readonly ended: Promise<string>;
}

/** Only these two variables: what stands in others is none of its business. */
export const ENV = { LC_ALL: "C", TZ: "UTC" };

function command(home: Home, name: ProgramName, args: readonly string[], stdout: "piped" | "null") {
  return new Deno.Command(programOf(home.programs, name), {
    args: [...args],
    cwd: "/",
    clearEnv: true,
    env: ENV,
    ...(home.uid === null ? {} : { uid: home.uid, gid: home.uid }),
    stdin: "null",
    stdout,
    stderr: "piped",
    // A session of its own: Ctrl-C in a terminal is for the pool, which ends first and then ends the server.
    detached: true,
  });
}

/** Makes the cluster, whole or not at all, and its password. */
export async function makeCluster(
  home: Home,
  { volatile = false }: Pick<ServerOptions, "volatile"> = {},
): Promise<void> {
  const cluster = clusterOf(home);
  const fresh = `${cluster}.new`;
  const password = crypto.getRandomValues(new Uint8Array(24)).toHex();
  const handed = `${home.folder}/password.new`;
  await removed(fresh);
  await Deno.mkdir(fresh, { mode: 0o700 });
  // Before it is given away, it is closed to others.
  await Deno.writeTextFile(handed, password, { mode: 0o600 });
  if (home.uid !== null) {
    for (const path of [fresh, handed]) await Deno.chown(path, home.uid, home.uid);
  }
  const { success, stdout, stderr } = await command(home, "initdb", [
    `--pgdata=${fresh}`,
    `--username=${USER}`,
    `--pwfile=${handed}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // Text is ordered by its bytes, on every machine alike.
    "--locale=C",
    ...(volatile ? ["--no-sync"] : []),
  ], "piped").output();
  await removed(handed);
  if (!success) {
    const text = new TextDecoder();
    const { sentence } = complaintOf(text.decode(stderr) || text.decode(stdout));
    await removed(fresh);
    throw new LedgerNotOpened(`Cannot make the ledger in ${home.folder}: ${sentence}`);
  }
  // The password first: a cluster without one would be of no use.
  await Deno.writeTextFile(passwordFileOf(home), password, { mode: 0o600 });
  await Deno.rename(fresh, cluster);
}

async function removed(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What the server is told. */
export function serverArguments(
  home: Home,
  { port, volatile = false }: ServerOptions,
): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    // Their paths are short of a hundred letters, those of data folders may not be.
    unix_socket_directories: "",
    // Several services, tools and a person with psql.
    max_connections: "60",
    // A file for each day of the week, the oldest overwritten: not the pool's own output.
    logging_collector: "on",
    log_directory: "log",
    log_filename: "postgresql-%u.log",
    log_rotation_age: "1d",
    log_rotation_size: "0",
    log_truncate_on_rotation: "on",
    log_checkpoints: "off",
    ...(volatile ? { fsync: "off", full_page_writes: "off" } : {}),
  };
  return [
    "-D",
    clusterOf(home),
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

/** Starts the server. It outlives this process if that is killed; the next one takes it over. */
export function spawnServer(home: Home, options: ServerOptions): ServerProcess {
  const child = command(home, "postgres", serverArguments(home, options), "null").spawn();
  const words = new Response(child.stderr).text();
  const ended = Promise.all([words, child.status]).then(([text]) => text);
  return { pid: child.pid, ended };
}

/** How much of its log is looked at for what went wrong. */
const LOOKED_AT = 16_384;

/** What it has written to its log since it began the last time. */
export async function lastLog(home: Home): Promise<string> {
  const folder = `${clusterOf(home)}/log`;
  let last = { path: "", at: 0 };
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      const at = (await Deno.stat(path)).mtime?.getTime() ?? 0;
      if (at >= last.at) last = { path, at };
    }
    const text = (await Deno.readTextFile(last.path)).slice(-LOOKED_AT);
    return text.slice(Math.max(0, text.lastIndexOf("starting PostgreSQL")));
  } catch (error) {
    // It did not come so far.
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** How long an orderly end may take: it writes down what is in memory. It goes on by itself after that. */
const STOP_S = 60;

/** Ends the server, whoever started it: transactions in hand are rolled back, all is written down. */
export async function stopServer(home: Home): Promise<boolean> {
  const { success } = await command(home, "pg_ctl", [
    ...["stop", "-D", clusterOf(home), "-m", "fast", "-w", "-t", String(STOP_S)],
  ], "null").output();
  return success;
}
