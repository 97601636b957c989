/**
 * What a program needs of the machine under the settings in effect, each with its reason.
 *
 * @module
 */
import {
  type Config,
  type ControlSettings,
  fileVariableOf,
  isLoopback,
  type Need,
  netNeed,
  type Schema,
  type Sources,
  tokenFileNeeds,
  tokenFileOf,
} from "@gopool/config";
import { busNeeds, busUrl, keepsIn, readsFile } from "@gopool/config";
import { homeOf } from "@gopool/ledger/home";
import { installed, programOf, PROGRAMS } from "@gopool/ledger/programs";
import { type PooldConfig, schema as pooldSchema } from "../config.ts";
import { demoMines, demoTarget } from "../demo/target.ts";
import type { ledgerSchema } from "../ledger_place.ts";
import { busOf } from "../log_place.ts";
import { type Place, placeOf, USUAL_PLACES } from "../ctl/places.ts";
import type { CtlConfig, ctlSchema } from "../ctl/settings.ts";
import { scratchFile } from "../ledger/scratch_file.ts";
import type { ToolConfig, toolSchema } from "../ledger/settings.ts";
import type { topicsSchema } from "../topics/settings.ts";

/** A need and the setting that it comes from. */
export interface Reasoned extends Need {
  /** The variable, or a few words where no variable says it. */
  readonly because: string;
}

/** Says the value of a variable of the environment. */
export type Env = (name: string) => string | undefined;

/** What the rows of a table need: the hosts, ports and paths that their values name, and files that hold secrets. */
export function rowNeeds<S extends Schema>(
  schema: S,
  config: Partial<Config<S>>,
  env: Env,
): Reasoned[] {
  const needs = Object.entries(schema).flatMap(([key, row]) => {
    const file = fileVariableOf(row);
    const secret = file === null ? undefined : env(file);
    return [
      ...reasoned(row.variable, row.needs?.(config[key]) ?? []),
      ...(secret ? reasoned(file!, readsFile(secret)) : []),
    ];
  });
  if ("ledgerUrl" in schema) needs.push(...reasoned("the ledger's schema", readsFile(MIGRATIONS)));
  if ("controlListen" in schema) needs.push(...controlNeeds(config));
  return needs;
}

/** Held against what stands in the ledger, and run where it is older. */
const MIGRATIONS = fromRoot("services/shared/ledger/migrations");

/**
 * The token file, where no setting names tokens or the file, or allows its folder already; and the engine's own
 * sampler, for profiles.
 */
function controlNeeds(config: ControlConfig): Reasoned[] {
  const { controlListen: listen, controlTokens, controlTokenFile, dataDir } = config;
  // Beyond loopback nobody is let in by that file.
  const own = controlTokens === undefined && controlTokenFile === undefined &&
    dataDir === undefined && (listen === undefined || isLoopback(listen));
  return [
    ...(own ? reasoned("the control token", tokenFileNeeds(tokenFileOf(config))) : []),
    { kind: "sys", what: "inspector", because: "profiles while it works" },
  ];
}

type ControlConfig = Partial<ControlSettings> & { readonly dataDir?: string };

export interface EmbeddedLedger {
  readonly dataDir: string;
  readonly ledgerPort: number;
}

/** The server beside the pool: its programs, its folder, its port. What launch/prepare/ has made ready. */
export function embeddedNeeds({ dataDir, ledgerPort }: EmbeddedLedger): Reasoned[] {
  const home = homeOf(dataDir);
  const programs = home?.programs ?? installed()?.folder;
  return reasoned("the embedded ledger", [
    netNeed("connect", { host: "127.0.0.1", port: ledgerPort }),
    ...keepsIn(home?.folder ?? `${dataDir}/ledger`),
    ...readsFile(`${dataDir}/ledger`),
    ...(programs === undefined ? [] : PROGRAMS.map((name) => ({
      kind: "run" as const,
      what: programOf(programs, name),
    }))),
  ]);
}

/** poold's: what stands beside the pool when no setting names another, too. */
export function pooldNeeds(config: PooldConfig, env: Env): Reasoned[] {
  const needs = rowNeeds(pooldSchema, config, env);
  if (config.busUrl === undefined) needs.push(...reasoned("the log", busNeeds(busOf(config))));
  if (config.ledgerUrl === undefined) needs.push(...embeddedNeeds(config));
  if (config.nodeUrl === undefined) {
    const place = { host: "127.0.0.1", port: config.simulatedPort };
    needs.push(...reasoned("GOPOOL_SIMULATED_NODE_PORT", [
      netNeed("listen", place),
      netNeed("connect", place),
    ]));
  }
  if (demoMines(config)) {
    needs.push(...reasoned("GOPOOL_DEMO_MINER", [
      netNeed("connect", demoTarget(config)),
      // A worker reads its own code, unlike main.ts: the demo miner's is the program itself.
      ...["services", "proto", "node_modules"].flatMap((folder) => readsFile(fromRoot(folder))),
    ]));
  }
  return needs;
}

/**
 * The topics tool's: the log it looks into, for reading and for an operator's note; not the rest of the folder. And
 * the folder that its arguments name for the archive.
 */
export function topicsNeeds(
  schema: typeof topicsSchema,
  config: Config<typeof topicsSchema>,
  { env, args }: Pick<Sources, "env" | "args">,
): Reasoned[] {
  const { dataDir: _, ...rows } = schema;
  const needs = rowNeeds(rows, config, env);
  if (args[0] === "archive") {
    needs.push(...valuesOf(args, "--to").flatMap((to) => reasoned("--to", keepsIn(to))));
  }
  if (config.busUrl === undefined) needs.push(...reasoned("the log", busNeeds(busOf(config))));
  return needs;
}

/** A tool's that works on the books: they, and nothing else of the data folder. */
export function ledgerToolNeeds(
  schema: typeof ledgerSchema,
  config: Config<typeof ledgerSchema>,
  env: Env,
): Reasoned[] {
  const { dataDir: _, ...rows } = schema;
  const needs = rowNeeds(rows, config, env);
  if (config.ledgerUrl === undefined) needs.push(...embeddedNeeds(config));
  return needs;
}

/**
 * What `deno task ledger` needs: the books, the log that they were made from, the nodes, and what its arguments name.
 */
export function booksNeeds(
  schema: typeof toolSchema,
  config: ToolConfig,
  { env, args }: Pick<Sources, "env" | "args">,
): Reasoned[] {
  // It signs nothing: keys are none of its business.
  const { dataDir: _folder, keyFile: _key, psbtFolder: _psbts, ...rows } = schema;
  const needs = rowNeeds(rows, config, env);
  if (config.ledgerUrl === undefined) needs.push(...embeddedNeeds(config));
  if (config.busUrl === undefined) needs.push(...reasoned("the log", busNeeds(busOf(config))));
  if (config.nodeUrl === undefined) {
    const place = { host: "127.0.0.1", port: config.simulatedPort };
    needs.push(...reasoned("GOPOOL_SIMULATED_NODE_PORT", [netNeed("connect", place)]));
  }
  if (args[0] === "rebuild") {
    const [scratch = scratchFile(config.dataDir)] = valuesOf(args, "--scratch");
    needs.push(...reasoned("what is computed meanwhile", keepsIn(scratch)));
    needs.push(
      ...valuesOf(args, "--archive").flatMap((one) => reasoned("--archive", readsFile(one))),
    );
  }
  const oldBuses = valuesOf(args, "--old-bus").filter((url) => isBusUrl(url));
  needs.push(...oldBuses.flatMap((url) => reasoned("--old-bus", busNeeds(url))));
  return needs;
}

/**
 * What `deno task ctl` needs: the addresses that it asks, the token that the pool has made where none is set, and the
 * file that its arguments name for a profile.
 */
export function ctlNeeds(
  schema: typeof ctlSchema,
  config: CtlConfig,
  { env, args }: Pick<Sources, "env" | "args">,
): Reasoned[] {
  const { addresses: _asked, dataDir, ...rows } = schema;
  const needs = rowNeeds(rows, config, env);
  if (config.token === undefined) {
    needs.push(...reasoned(dataDir.variable, dataDir.needs(config.dataDir)));
  }
  const named = valuesOf(args, "--address").flatMap(placeNamed);
  const [asked, because] = named.length > 0
    ? [named, "--address"]
    : config.addresses !== undefined
    ? [config.addresses, "GOPOOL_CONTROL_ADDRESSES"]
    : [USUAL_PLACES, "to find the pool on this machine"];
  needs.push(...reasoned(because, asked.map((place) => netNeed("connect", place))));
  if (args.includes("profile")) {
    needs.push(...valuesOf(args, "--to").flatMap((to) => reasoned("--to", keepsIn(to))));
  }
  return needs;
}

/** What is none is complained of by the tool. */
function placeNamed(text: string): Place[] {
  try {
    return [placeOf(text)];
  } catch {
    return [];
  }
}

/** What is none is complained of by the tool. */
function isBusUrl(url: string): boolean {
  try {
    busUrl.parse(url);
    return true;
  } catch {
    return false;
  }
}

/** Values of a flag among arguments that no table reads: `--to X`, `--to=X`. */
function valuesOf(args: readonly string[], flag: string): string[] {
  return args.flatMap((arg, i) => {
    const value = arg === flag
      ? args[i + 1]
      : arg.startsWith(`${flag}=`)
      ? arg.slice(flag.length + 1)
      : "";
    return value ? [value] : [];
  });
}

function reasoned(because: string, needs: readonly Need[]): Reasoned[] {
  return needs.map((need) => ({ ...need, because }));
}

/** A path of the project. */
export function fromRoot(path: string): string {
  return new URL(`../../../${path}`, import.meta.url).pathname;
}
