/**
 * Schemathesis: requests at random by an OpenAPI document, each answer held against the document.
 *
 * @module
 */
import type { Absent } from "./absent.ts";
import { findPython } from "./python.ts";

/** The program's path, installed where it is not in the cache yet (half a minute). */
export async function findSchemathesis(): Promise<string | Absent> {
  const python = await findPython({
    name: "schemathesis",
    packages: ["schemathesis==4.32.5"],
    proof: "import schemathesis",
  });
  return typeof python === "string" ? python.replace(/python$/, "schemathesis") : python;
}

export interface Attack {
  /** Of the document; its server is attacked. */
  readonly url: string;
  /** Requests of each operation at random. */
  readonly examples: number;
  /** Whether the edges of each operation's schemas are tried before that, one by one. */
  readonly edges: boolean;
  /** Values of parameters by name, in place of those at random: `path.hash`. */
  readonly known?: Readonly<Record<string, string>>;
  /** Operations whose path matches are left out. */
  readonly except?: string;
  /** Checks that are left out, and why that is said beside the call. */
  readonly exceptChecks?: readonly string[];
}

/** What ends an attack that does not end: far above the seconds that it takes. */
const ATTACK_MS = 400_000;

/** A request refused for its length or its type is refused, too. */
const SETTINGS = `[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 428, 429, "5xx"]
`;

/** What it found, in its own words; null where no answer was outside of the document. The same requests each time. */
export async function attacked(program: string, attack: Attack): Promise<string | null> {
  const { url, examples, edges, known = {}, except, exceptChecks = [] } = attack;
  const folder = await Deno.makeTempDir({ prefix: "gopool-schemathesis-" });
  try {
    await Deno.writeTextFile(`${folder}/settings.toml`, SETTINGS + parameters(known));
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [
        ...["--config-file", `${folder}/settings.toml`, "run", url, "--no-color", "--seed", "7"],
        ...["--phases", edges ? "coverage,fuzzing" : "fuzzing", "--checks", "all"],
        ...["--max-examples", String(examples)],
        // A machine that is busy is no finding.
        ...["--suppress-health-check", "all", "--request-timeout", "30"],
        ...(except === undefined ? [] : ["--exclude-path-regex", except]),
        ...(exceptChecks.length === 0 ? [] : ["--exclude-checks", exceptChecks.join(",")]),
      ],
      cwd: folder,
      // Its store of examples goes with the folder: no run knows another.
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(ATTACK_MS),
    }).output();
    if (success) return null;
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A table of TOML, whose texts are written as JSON's are. */
function parameters(known: Readonly<Record<string, string>>): string {
  const lines = Object.entries(known).map(([name, value]) =>
    `${JSON.stringify(name)} = ${JSON.stringify(value)}`
  );
  return lines.length === 0 ? "" : ["\n[parameters]", ...lines, ""].join("\n");
}
