/**
 * promtool, the checker that comes with Prometheus: real, or not there.
 *
 * @module
 */
import { skipped } from "./absent.ts";

export interface Promtool {
  /**
   * Runs it.
   *
   * @param input For its standard input.
   * @returns Its exit code, and what it wrote, errors included.
   */
  run(args: readonly string[], input?: string): Promise<{ code: number; says: string }>;
}

/** Null on a machine without it, said in a sentence; with CI=true that is an error instead. */
export async function findPromtool(): Promise<Promtool | null> {
  try {
    if ((await run(["--version"])).code === 0) return { run };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return skipped(
    "Tests of metrics and alerts by promtool are skipped: there is no promtool on this machine (Debian's package prometheus)",
  );
}

async function run(args: readonly string[], input = ""): Promise<{ code: number; says: string }> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // Who ends before it has read everything has said why.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, says: text.decode(stdout) + text.decode(stderr) };
}
