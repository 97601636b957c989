/** The command line run in this process. Imported by tests only. @module */
import { systemClock } from "@gopool/runtime";
import type { Ended } from "../child_fixture.ts";
import type { Screen } from "./io.ts";
import { runCtl } from "./tool.ts";

export interface CtlRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly screen?: Screen;
  /** Told each line as it comes. */
  readonly onLine?: (line: string) => void;
}

/** What one command prints, what it complains of, its exit code. */
export async function ctl(args: readonly string[], run: CtlRun = {}): Promise<Ended> {
  const { env = {}, signal = new AbortController().signal } = run;
  let stdout = "", stderr = "";
  const code = await runCtl(args, {
    env: (name) => env[name],
    clock: systemClock,
    signal,
    print: (line) => {
      stdout += `${line}\n`;
      run.onLine?.(line);
    },
    complain: (line) => void (stderr += `${line}\n`),
    newId: () => crypto.randomUUID(),
    screen: () => run.screen ?? null,
  });
  return { code, stdout, stderr };
}
