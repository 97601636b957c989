/**
 * Servers that end with the test that started them, however that ends: also by a kill that leaves it no time.
 *
 * @module
 */
import { lastOf, type Running } from "./process.ts";

/**
 * Starts the command given as its arguments, prints its process id on a line, and ends as it ends. At the end of its
 * own input, which comes when the test process is gone, the command is killed and its folder removed. What is started
 * with & in a shell ignores Ctrl-C, so that a person who ends the tests ends the servers by this road, too.
 */
const WATCH = `
folder=$1; shift
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
echo "$server"
{
  cat; trap "" TERM; kill -9 "$server"
  while kill -0 "$server"; do sleep 0.1; done
  [ -z "$folder" ] || rm -rf -- "$folder"
} <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
exit $status
`;

export interface WatchedOptions {
  /** Removed when the test process ends without having ended the server; "" for none. */
  readonly folder: string;
  /** Variables besides those of the test itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** Only the variables that `env` names. */
  readonly clearEnv?: boolean;
  /** Another user and group, for root alone. */
  readonly uid?: number;
  /** Told what it prints, as it comes. */
  readonly onText?: (text: string) => void;
}

/** `child` is the server itself, not its watch: signals go to it. */
export async function spawnWatched(
  command: string,
  args: readonly string[],
  options: WatchedOptions,
): Promise<Running> {
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", WATCH, "watch", options.folder, command, ...args],
    env: { ...options.env },
    clearEnv: options.clearEnv ?? false,
    // Another user may not enter where this one stands.
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid, cwd: "/" }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { pid, rest } = await firstLine(shell.stdout);
  let ended = false;
  const printed = Promise.all([
    lastOf(rest, options.onText),
    lastOf(shell.stderr, options.onText),
    shell.status,
  ])
    .then(async ([out, err]) => {
      ended = true;
      await shell.stdin.close().catch(() => {});
      return `${out}${err}`;
    });
  const child = {
    pid,
    kill: (signal: Deno.Signal = "SIGTERM") => {
      // Its id may be another process's once it has ended.
      if (!ended) Deno.kill(pid, signal);
    },
    status: shell.status,
  };
  return { child, printed, ended: () => ended };
}

/** The number on the first line, and what follows. */
async function firstLine(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The shell that watches a server has ended at once");
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  const [line, ...more] = text.split("\n");
  const begun = new TextEncoder().encode(more.join("\n"));
  const rest = stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (out) => begun.length > 0 && out.enqueue(begun),
    }),
  );
  return { pid: Number(line), rest };
}

/** How long a server may take to end by itself: its data is thrown away. */
const END_WITHIN_MS = 10_000;

/** TERM, then KILL. One that stands still is killed at once. */
export async function end(server: Running, { atOnce = false } = {}): Promise<void> {
  server.child.kill(atOnce ? "SIGKILL" : "SIGTERM");
  const timer = setTimeout(() => server.child.kill("SIGKILL"), END_WITHIN_MS);
  await server.printed;
  clearTimeout(timer);
}
