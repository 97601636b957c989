/**
 * What poold may do under the settings in effect, as Deno's flags: hosts, ports, variables and paths, one by one.
 *
 * @module
 */
import { type Config, fileVariableOf, type Schema, variablesOf } from "@gopool/config";
import { type PooldConfig, schema } from "./config.ts";
import { demoMines, demoTarget } from "./demo/target.ts";
import { logFolders } from "./log_place.ts";
import { topicsSchema } from "./topics/settings.ts";

type Env = (name: string) => string | undefined;

/** The flags of `deno run` for these settings. `env` tells which `…_FILE` variables are set. */
export function permissionFlags(config: PooldConfig, env: Env): string[] {
  const { dataDir, stratumListen, nodeUrl, nodeCookie, nodeZmq } = config;
  const net = [place(stratumListen)];
  if (nodeUrl === undefined) net.push(`127.0.0.1:${config.simulatedPort}`);
  for (const url of nodeUrl ?? []) net.push(`${url.hostname}:${url.port || defaultPort(url)}`);
  if (demoMines(config)) net.push(place(demoTarget(config)));

  const folders = [dataDir, ...logFolders(config)];
  const read = [...folders, ...secretFiles(schema, env)];
  if (nodeCookie !== undefined) read.push(nodeCookie);
  if (demoMines(config)) read.push(...WORKER_CODE);
  const flags = [
    listed("net", net),
    listed("write", folders),
    listed("env", [...variablesOf(schema), ...RUNTIME_VARIABLES]),
  ];
  if (nodeZmq !== undefined) {
    // The addon's own sockets are beyond Deno's net permission: FFI is given only where ZMQ is asked for.
    read.push("/etc/alpine-release", ADDON_FOLDER);
    flags.push(listed("ffi", [ADDON_FOLDER]));
  }
  return [...flags, listed("read", read)];
}

/** The flags of the topics tool: the log it looks into, for reading and for an operator's note. */
export function topicsFlags(config: Config<typeof topicsSchema>, env: Env): string[] {
  const folders = logFolders(config);
  // SQLite's readers take part in its locks: they write beside the log.
  const write = folders.length > 0 ? [listed("write", folders)] : [];
  const read = [...folders, ...secretFiles(topicsSchema, env)];
  return [
    ...(read.length > 0 ? [listed("read", read)] : []),
    ...write,
    listed("env", [...variablesOf(topicsSchema), ...RUNTIME_VARIABLES]),
  ];
}

/** Asked by Deno itself when it writes to a terminal. */
const RUNTIME_VARIABLES = ["NO_COLOR"];

const fromRoot = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;
/** Where npm packages with native parts lie. */
const ADDON_FOLDER = fromRoot("node_modules");
/** A worker reads its own code, unlike main.ts: the demo miner's is the program itself. */
const WORKER_CODE = ["services", "proto", "node_modules"].map(fromRoot);

/** `--allow-read=a,b`. In a name, a comma is written twice. */
function listed(kind: string, names: readonly string[]): string {
  return `--allow-${kind}=${[...new Set(names)].map((n) => n.replaceAll(",", ",,")).join(",")}`;
}

function secretFiles(rows: Schema, env: Env): string[] {
  return Object.values(rows).flatMap((row) => {
    const variable = fileVariableOf(row);
    const path = variable === null ? undefined : env(variable);
    return path ? [path] : [];
  });
}

function defaultPort({ protocol }: URL): number {
  return protocol === "https:" ? 443 : 80;
}

/** Port 0 means any that is free, so all ports of the host must be allowed. */
function place({ host, port }: { readonly host: string; readonly port: number }): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 0 ? name : `${name}:${port}`;
}
