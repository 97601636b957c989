/**
 * Needs as Deno's flags: hosts, ports and paths, one by one.
 *
 * @module
 */
import { type Schema, variablesOf } from "@gopool/config";
import { nativeFolders } from "./native.ts";
import type { Reasoned } from "./needs.ts";

export type Kind = "net" | "read" | "write" | "run" | "ffi" | "sys";

/** One thing that a program may touch, and why. */
export interface Permission {
  readonly kind: Kind;
  readonly what: string;
  readonly because: string;
}

/** Read by the loader of native parts, to know which of them fits the machine. */
const MACHINE_KIND = "/etc/alpine-release";

/** The permissions that the needs come to, each thing once for each kind, with every reason. */
export function permissionsOf(needs: readonly Reasoned[]): Permission[] {
  const found = new Map<string, Permission>();
  for (const one of needs.flatMap(expanded)) {
    const key = `${one.kind} ${one.what}`;
    const before = found.get(key)?.because.split(", ") ?? [];
    const because = [...new Set([...before, one.because])].join(", ");
    found.set(key, { ...one, because });
  }
  return [...found.values()];
}

function expanded({ kind, what, because }: Reasoned): Permission[] {
  switch (kind) {
    case "listen":
    case "connect":
      return [{ kind: "net", what, because: `to ${kind}: ${because}` }];
    case "native": {
      const toLoad = `to load ${what}: ${because}`;
      return [
        { kind: "read", what: MACHINE_KIND, because: toLoad },
        ...nativeFolders(what).flatMap((folder): Permission[] => [
          { kind: "read", what: folder, because: toLoad },
          { kind: "ffi", what: folder, because: toLoad },
        ]),
      ];
    }
    default:
      return [{ kind, what, because }];
  }
}

/** Asked by Deno itself when it writes to a terminal. */
const RUNTIME_VARIABLES = ["NO_COLOR"];

/** The variables of the table. All others read as if they were not set: libraries ask for many, and get none. */
export function envFlags(schema: Schema): string[] {
  return [
    `--allow-env=${[...variablesOf(schema), ...RUNTIME_VARIABLES].join(",")}`,
    "--ignore-env",
  ];
}

/**
 * Not `sys`: the word that profiles need is known to permission sets and to no flag. It stands in each deno.json, and
 * a test holds the two against each other.
 */
const KINDS: readonly Kind[] = ["net", "read", "write", "run", "ffi"];

/**
 * `--allow-net=a:1,b:2 --allow-read=…`. A flag replaces what the permission set says of its kind; kinds that
 * nothing needs have none, so they stay as the set has them.
 */
export function flagsOf(permissions: readonly Permission[]): string[] {
  return KINDS.flatMap((kind) => {
    const names = permissions.filter((one) => one.kind === kind).map(({ what }) => what);
    // In a name, a comma is written twice.
    const list = names.map((name) => name.replaceAll(",", ",,")).join(",");
    return names.length === 0 ? [] : [`--allow-${kind}=${list}`];
  });
}
