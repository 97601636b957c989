/**
 * `deno task topics`: looks into the pool's topics, and writes an operator's word to them. Works beside a running
 * pool. No command: the list.
 *
 * @module
 */
import { Command, CommanderError, Option } from "commander";
import { type Bus, busOptionsOf, openBus, TOPICS } from "@gopool/bus";
import { type Config, ConfigError, readChecked } from "@gopool/config";
import { systemClock } from "@gopool/runtime";
import { busOf, logFileOf } from "../log_place.ts";
import { troublesOf } from "../troubles.ts";
import { archiveTopics } from "./archive.ts";
import { countTopic } from "./count.ts";
import { createAll } from "./create.ts";
import { listTopics } from "./list.ts";
import { rejectRecord, republishFrom } from "./notes.ts";
import { type topicsSchema, topicsSettings } from "./settings.ts";
import { tailTopic, topicNamed } from "./tail.ts";

const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

type TopicsConfig = Config<typeof topicsSchema>;

/** There is nothing to look into. */
class NoLog extends Error {
  override name = "NoLog";
}

/** The settings in effect, and how the bus is opened by them: as it stands, however many partitions it has. */
function inEffect() {
  const env = (name: string) => Deno.env.get(name);
  const settings = readChecked("topics", topicsSettings, { args: [], env });
  const { kafka, sharePartitions } = busOptionsOf(settings);
  const onTrouble = (sentence: string | null) => {
    if (sentence !== null) console.error(sentence);
  };
  const options = { clock: systemClock, kafka, signal: stop.signal, onTrouble };
  return { settings, url: busOf(settings), options, sharePartitions };
}

/** Opens the log that the settings name, does the work, and closes it. Makes none where there is none. */
async function withBus(work: (bus: Bus, settings: TopicsConfig) => Promise<void>): Promise<void> {
  const { settings, url, options } = inEffect();
  await assertLog(settings);
  await using bus = await openBus(url, options);
  await work(bus, settings);
}

async function assertLog(settings: TopicsConfig): Promise<void> {
  const file = logFileOf(settings);
  if (file === null) {
    if (!settings.busUrl?.startsWith("memory:")) return;
    throw new NoLog(`A bus at ${settings.busUrl} cannot be looked into from here`);
  }
  const exists = await Deno.stat(file).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
  if (exists) return;
  throw new NoLog(
    `There is no log at ${file} yet: GOPOOL_DATA_DIR or GOPOOL_BUS_URL must be the pool's, and it must have run once`,
  );
}

const wholeNumber = (text: string) => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new RangeError(`"${text}" must be a whole number, counted from 0`);
  }
  return number;
};
const partition = () =>
  new Option("--partition <number>", "partition of share.submissions")
    .argParser(wholeNumber).makeOptionMandatory();
const reason = () =>
  new Option("--reason <text>", "why, and who says so; stays in the log").makeOptionMandatory();
const names = TOPICS.map(({ name }) => name).join(", ");
const print = (line: string) => console.log(line);

/** The topics, and why a group may be behind, where a pool runs that can tell. */
async function list(bus: Bus, dataDir: string, json = false): Promise<void> {
  await listTopics(bus, print, json);
  for (const { part, health, detail } of await troublesOf(dataDir, Date.now()) ?? []) {
    print(json ? JSON.stringify({ part, health, detail }) : `${health}: ${part}: ${detail}`);
  }
}

const program = new Command("topics")
  // Its own exit would be with 1: here a mistake in the arguments is 2, as in every program of the pool.
  .exitOverride()
  // Whether there are colours is a question for variables that this program may not read.
  .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
  .description(`Looks into the topics of the pool: ${names}`)
  .allowExcessArguments()
  .action((_, { args }: Command) => {
    if (args[0] !== undefined) {
      throw new RangeError(`There is no command "${args[0]}": --help lists them`);
    }
    return withBus((bus, { dataDir }) => list(bus, dataDir));
  });

program.command("list")
  .description("every topic with its records, and how far behind each group of readers is")
  .option("--json", "one JSON object a topic")
  .action(({ json }) => withBus((bus, { dataDir }) => list(bus, dataDir, json)));

program.command("create")
  .description("makes the topics that are missing on a Kafka cluster, changes none that stand")
  .action(async () => {
    const { url, options, sharePartitions } = inEffect();
    const asked = sharePartitions === undefined ? {} : { sharePartitions };
    if (!await createAll(url, { ...options, ...asked }, print)) Deno.exitCode = 1;
  });

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

program.command("archive")
  .description("copies closed hours of shares and blocks to a folder, before retention takes them")
  .requiredOption("--to <folder>", "where; of this log only. Made where it is missing")
  .option("--contents", "reads all that is there and holds it against its SHA-256")
  .option("--json", "one JSON object a file written")
  .action(({ to, contents, json }) =>
    withBus(async (bus, { logEpoch }) => {
      const busId = await bus.logId();
      const logId = logEpoch === undefined ? busId : `${busId}.${logEpoch}`;
      const deps = { bus, clock: systemClock, logId, signal: stop.signal };
      const { written, kept } = await archiveTopics(deps, { to, contents });
      for (const file of written) {
        print(json ? JSON.stringify(file) : `written: ${file.file}, ${file.records} records`);
      }
      if (!json) print(`${written.length} files written, ${kept} were there`);
    })
  );

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
  // The library has told its own already.
  if (!(error instanceof CommanderError)) console.error((error as Error).message);
  Deno.exitCode = codeOf(error);
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // the help
  const isMistake = error instanceof CommanderError || error instanceof ConfigError ||
    error instanceof RangeError;
  return isMistake ? 2 : 1;
}
