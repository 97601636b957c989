/**
 * Processes that tests start: their ports, the wait until they answer, their end.
 *
 * @module
 */

export interface Running {
  readonly child: Pick<Deno.ChildProcess, "pid" | "kill" | "status">;
  /** What it printed, for the message when it does not come up. */
  readonly printed: Promise<string>;
  /** Whether it has ended. */
  readonly ended: () => boolean;
}

/** @param env Variables besides those of the test itself. */
export function spawn(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  const child = new Deno.Command(command, {
    args: [...args],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let ended = false;
  const printed = Promise.all([lastOf(child.stdout), lastOf(child.stderr), child.status])
    .then(([out, err]) => {
      ended = true;
      return `${out}${err}`;
    });
  return { child, printed, ended: () => ended };
}

/** How much of what a process prints is kept: its last words. */
const KEPT = 4_000;

/** @param onText Told all of it, as it comes. */
export async function lastOf(
  stream: ReadableStream<Uint8Array>,
  onText: (text: string) => void = () => {},
): Promise<string> {
  const decoder = new TextDecoder();
  let kept = "";
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true });
    kept = (kept + text).slice(-KEPT);
    onText(text);
  }
  return kept;
}

/** A node on a busy machine is up within seconds, three brokers side by side within half a minute. */
const UP_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 50;

/** Waits until `ask` resolves. Throws with the process's last words where it ends first, or takes too long. */
export async function untilReady(
  running: Running,
  name: string,
  ask: () => Promise<unknown>,
): Promise<void> {
  const endMs = performance.now() + UP_WITHIN_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (running.ended()) throw new Error(`${name} ended at once:\n${await running.printed}`);
      if (performance.now() > endMs) throw new Error(`${name} does not answer: ${error}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export async function stop({ child, printed, ended }: Running): Promise<void> {
  if (!ended()) child.kill("SIGINT");
  await printed;
}

export async function kill({ child, printed, ended }: Running): Promise<void> {
  if (!ended()) child.kill("SIGKILL");
  await printed;
}
