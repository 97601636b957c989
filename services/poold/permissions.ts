/**
 * What poold may do under the settings in effect, as Deno's flags: hosts, ports, variables and paths, one by one.
 *
 * @module
 */
import { dirname } from "node:path";
import { type Config, fileVariableOf, variablesOf } from "@gopool/config";
import { type PooldConfig, schema } from "./config.ts";
import { topicsSchema } from "./topics/settings.ts";

/** The flags of `deno run` for these settings. `env` tells which `…_FILE` variables are set. */
export function permissionFlags(
  config: PooldConfig,
  env: (name: string) => string | undefined,
): string[] {
  const { dataDir, busUrl, stratumListen, nodeUrl, nodeCookie, nodeZmq } = config;
  const net = [`${bracketed(stratumListen.host)}:${stratumListen.port}`];
  if (nodeUrl === undefined) net.push(`127.0.0.1:${config.simulatedPort}`);
  for (const url of nodeUrl ?? []) net.push(`${url.hostname}:${url.port || defaultPort(url)}`);
  if (demoMines(config)) net.push(`127.0.0.1:${stratumListen.port}`);

  const folders = [dataDir];
  if (busUrl?.protocol === "sqlite:") folders.push(dirname(busUrl.pathname));
  const read = [...folders, ...secretFiles(env)];
  if (nodeCookie !== undefined) read.push(nodeCookie);
  if (demoMines(config)) read.push(...WORKER_CODE);
  const flags = [
    `--allow-net=${[...new Set(net)].join(",")}`,
    `--allow-write=${folders.join(",")}`,
    `--allow-env=${[...variablesOf(schema), ...RUNTIME_VARIABLES].join(",")}`,
  ];
  if (nodeZmq !== undefined) {
    // The addon's own sockets are beyond Deno's net permission: FFI is given only where ZMQ is asked for.
    read.push("/etc/alpine-release", ADDON_FOLDER);
    flags.push(`--allow-ffi=${ADDON_FOLDER}`);
  }
  return [...flags, `--allow-read=${read.join(",")}`];
}

/** Whether the demo miner runs under these settings: never against a real node. */
export function demoMines({ nodeUrl, demoMiner }: PooldConfig): boolean {
  return nodeUrl === undefined && demoMiner;
}

/** The flags of the topics tool: the log it looks into, for reading and for an operator's note. */
export function topicsFlags(
  { dataDir, busUrl }: Partial<Config<typeof topicsSchema>>,
): string[] {
  const paths = [dataDir ?? "./data"];
  if (busUrl?.protocol === "sqlite:") paths.push(dirname(busUrl.pathname));
  return [
    `--allow-read=${paths.join(",")}`,
    // SQLite's readers take part in its locks: they write beside the log.
    `--allow-write=${paths.join(",")}`,
    `--allow-env=${[...variablesOf(topicsSchema), ...RUNTIME_VARIABLES].join(",")}`,
  ];
}

/** Asked by Deno itself when it writes to a terminal. */
const RUNTIME_VARIABLES = ["NO_COLOR"];
/** Where npm packages with native parts lie, from the project's root. */
const ADDON_FOLDER = "node_modules";
/** A worker reads its own code, unlike main.ts: the demo miner's is the program itself. */
const WORKER_CODE = ["services", "proto", "node_modules"];

function secretFiles(env: (name: string) => string | undefined): string[] {
  return Object.values(schema).flatMap((row) => {
    const variable = fileVariableOf(row);
    const path = variable === null ? undefined : env(variable);
    return path ? [path] : [];
  });
}

function defaultPort({ protocol }: URL): number {
  return protocol === "https:" ? 443 : 80;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
