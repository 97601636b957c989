/**
 * `deno task topics`: looks into the pool's topics, and writes an operator's word to them. Works beside a running
 * pool. No command: the list.
 *
 * @module
 */
import { Command, Option } from "commander";
import { type Bus, openBus, TOPICS } from "@gopool/bus";
import { ConfigError, readConfig } from "@gopool/config";
import { systemClock } from "@gopool/runtime";
import { busOf, topicsSchema } from "./settings.ts";
import { countTopic } from "./count.ts";
import { listTopics } from "./list.ts";
import { rejectRecord, republishFrom } from "./notes.ts";
import { tailTopic, topicNamed } from "./tail.ts";

const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

/** Opens the bus that the settings name, does the work, and closes it. */
async function withBus(work: (bus: Bus) => Promise<void>): Promise<void> {
  const env = (name: string) => Deno.env.get(name);
  const settings = readConfig("topics", topicsSchema, { args: [], env });
  await using bus = await openBus(busOf(settings), { clock: systemClock });
  await work(bus);
}

const wholeNumber = (text: string) => {
  if (!/^\d+$/.test(text)) throw new RangeError(`"${text}" must be a whole number`);
  return Number(text);
};
const partition = () =>
  new Option("--partition <number>", "partition of share.submissions")
    .argParser(wholeNumber).makeOptionMandatory();
const reason = () =>
  new Option("--reason <text>", "why, and who says so; stays in the log").makeOptionMandatory();
const names = TOPICS.map(({ name }) => name).join(", ");
const print = (line: string) => console.log(line);

const program = new Command("topics")
  .description(`Looks into the topics of the pool: ${names}`)
  .action(() => withBus((bus) => listTopics(bus, print)));

program.command("list")
  .description("every topic with its records, and how far behind each group of readers is")
  .option("--json", "one JSON object a topic")
  .action(({ json }) => withBus((bus) => listTopics(bus, print, json)));

program.command("tail <topic>")
  .description("prints messages, decoded")
  .option("--from <offset>", "first offset; the last ten without it", wholeNumber)
  .addOption(new Option("--partition <number>", "one partition only").argParser(wholeNumber))
  .option("--follow", "goes on with what comes, until Ctrl-C")
  .option("--json", "one JSON object a message")
  .action((topic, options) =>
    withBus((bus) => tailTopic(bus, topicNamed(topic), options, print, stop.signal))
  );

program.command("count <topic>")
  .description("all records, and how many distinct ones a reader counts")
  .option("--json", "as JSON")
  .action((topic, options) => withBus((bus) => countTopic(bus, topicNamed(topic), options, print)));

program.command("republish")
  .description("makes shareproc judge and publish a partition again from an offset")
  .addOption(partition())
  .requiredOption("--from <offset>", "offset in share.submissions", wholeNumber)
  .addOption(reason())
  .action((options) => withBus((bus) => republishFrom(bus, options, print)));

program.command("reject")
  .description("rejects the record that a partition has stopped at, so that it goes on")
  .addOption(partition())
  .requiredOption("--offset <offset>", "offset in share.submissions", wholeNumber)
  .addOption(reason())
  .action((options) => withBus((bus) => rejectRecord(bus, options, print)));

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  console.error((error as Error).message);
  Deno.exitCode = error instanceof ConfigError || error instanceof RangeError ? 2 : 1;
}
