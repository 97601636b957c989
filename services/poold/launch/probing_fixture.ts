/**
 * A probe run under a program's flags, and who stands about it. Imported by tests only.
 *
 * @module
 */
import { dirname } from "node:path";
import { runArgumentsOf } from "./mod.ts";
import { fromRoot } from "./needs.ts";

const PROBE = fromRoot("services/poold/launch/probe_fixture.ts");

/** Runs the probe under a program's flags. @returns What came of each attempt. */
export async function tried(
  name: string,
  env: Record<string, string>,
  attempts: readonly string[],
): Promise<Record<string, string>> {
  const flags = runArgumentsOf(name, { args: [], env: (variable) => env[variable] });
  const main = flags.pop()!;
  const [folder] = /^.*\/services\/[a-z]+/.exec(dirname(main))!;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, `--config=${folder}/deno.json`, PROBE, ...attempts],
    env: { ...env, SOMETHING_ELSE: "x" },
    cwd: fromRoot(""),
  }).output();
  const text = new TextDecoder();
  if (stdout.length === 0) throw new Error(text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

/** Denied to every program, whatever its settings. */
export const NEVER: Record<string, string> = {
  "connect 10.11.12.13:80": "NotCapable",
  "connect 127.0.0.1:1": "NotCapable",
  "listen 0.0.0.0:1": "NotCapable",
  "read /etc/passwd": "NotCapable",
  "write /tmp/gopool-probe": "NotCapable",
  "run /bin/true": "NotCapable",
  "ffi /lib/x86_64-linux-gnu/libc.so.6": "NotCapable",
  "sys": "NotCapable",
  // Named by no row, it reads as if it were not set: nothing leaks, and a library that asks is not stopped.
  "variable SOMETHING_ELSE": "unseen",
  "variable HOME": "unseen",
  "import https://deno.land/std/version.ts": "TypeError",
};

/** A server that somebody else runs, so that connecting to it can succeed. */
export function neighbour() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    place: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    [Symbol.dispose]: () => listener.close(),
  };
}
