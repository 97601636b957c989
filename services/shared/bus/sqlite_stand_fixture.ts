/** What the tests of the sqlite adapter share: files of their own, and other processes on them. */
import { FakeClock } from "@gopool/testing";
import { type Bus, openBus } from "./mod.ts";
import { LogBus } from "./log_bus.ts";
import { SqliteLog } from "./sqlite.ts";
import { LogFile } from "./sqlite_file.ts";

/** A folder that goes with the test. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gopool_bus_" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A bus and the file below it, so that a test can make the file fail. */
export function openWithFile(path: string): { bus: Bus; file: LogFile; clock: FakeClock } {
  const clock = new FakeClock();
  const file = LogFile.open(path, { fallback: 4 });
  const bus = new LogBus(clock, (grew, any) => new SqliteLog(file, clock, grew, any));
  return { bus, file, clock };
}

export function openFile(path: string, sharePartitions?: number): Promise<Bus> {
  const clock = new FakeClock();
  return openBus(
    `sqlite:${path}`,
    sharePartitions === undefined ? { clock } : { clock, sharePartitions },
  );
}

const CHILD = new URL("./sqlite_child_fixture.ts", import.meta.url).pathname;

/** Another process at work on a log, with no permission beyond the log's folder. */
export function spawnChild(
  work: string,
  folder: string,
  url: string,
  options: { fileBlocks?: number } = {},
): Deno.ChildProcess {
  const { fileBlocks } = options;
  const allow = [`--allow-read=${folder}`, `--allow-write=${folder}`];
  const args = ["run", "--quiet", "--no-prompt", ...allow, CHILD, work, url];
  const command = fileBlocks === undefined
    ? new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" })
    // A file size limit stands in for a full disk; the signal that comes with it is ignored.
    : new Deno.Command("sh", {
      args: [
        "-c",
        `trap '' XFSZ; ulimit -f ${fileBlocks}; exec "$@"`,
        "sh",
        Deno.execPath(),
        ...args,
      ],
      stdout: "piped",
      stderr: "piped",
    });
  return command.spawn();
}

/** What the other process said, line by line, as it says it. A last line cut off by a kill does not count. */
export async function* linesOf(child: Deno.ChildProcess): AsyncGenerator<unknown> {
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
