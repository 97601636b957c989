/**
 * Another process on the same log, for tests: `deno run sqlite_child_fixture.ts <work> <url>`. Prints a line of JSON
 * for whatever it was promised, as soon as it was.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { type Bus, miningJobs, openBus, shareSubmissions } from "./mod.ts";

const utf8 = new TextEncoder();

/** Written and gone before this returns: nothing that was said is lost with the process. */
function say(line: unknown): void {
  const bytes = utf8.encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Appends without end, several calls at a time; says [partition, offset, text] of each confirmed record. */
async function fill(bus: Bus): Promise<never> {
  const writer = async (name: string) => {
    for (let i = 0;; i += 1) {
      const records = Array.from({ length: 1 + i % 7 }, (_, k) => {
        const text = `${name} ${i} ${k} ${"x".repeat((i * 37 + k) % 400)}`;
        return { partition: (i + k) % 4, value: utf8.encode(text), text };
      });
      const placed = await bus.publish(shareSubmissions, records);
      say(placed.map(({ partition, offset }, k) => [partition, offset, records[k]!.text]));
    }
  };
  const name = crypto.randomUUID().slice(0, 8);
  await Promise.all(["a", "b", "c"].map((w) => writer(`${name}${w}`)));
  throw new Error("unreachable");
}

/** Reads in a group without end; says [partition, next offset] before each batch counts as handled. */
async function read(bus: Bus): Promise<void> {
  const { signal } = new AbortController();
  await bus.consume(shareSubmissions, { group: "readers", batchMax: 50, signal }, (batch) => {
    say({ handled: [batch.partition, batch.messages.at(-1)!.offset + 1] });
    return Promise.resolve();
  });
}

/** Appends records of 64 KiB until one is refused; says the offset of each, then the refusal. */
async function untilFull(bus: Bus): Promise<void> {
  try {
    while (true) {
      const record = { partition: 0, value: new Uint8Array(65_536).fill(7) };
      const [placed] = await bus.publish(miningJobs, [record], { deadlineMs: 200 });
      say(placed!.offset);
    }
  } catch (error) {
    say({ name: (error as Error).name, message: (error as Error).message });
  }
}

/** Appends a few records one after another; says their offsets. */
async function notes(bus: Bus): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    const record = { partition: 0, value: utf8.encode(`child ${i}`) };
    say((await bus.publish(miningJobs, [record]))[0]!.offset);
  }
}

const [work, url] = Deno.args;
await using bus = await openBus(url!, { clock: systemClock });
switch (work) {
  case "fill":
    await Promise.all([fill(bus), read(bus)]);
    break;
  case "until full":
    await untilFull(bus);
    break;
  case "notes":
    await notes(bus);
    break;
}
