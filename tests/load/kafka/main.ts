/**
 * The pool on Kafka beside kafkajs bare: what a share costs, and how long a block or a job takes. Run it by
 * `deno task load kafka`; `--help` tells what it takes.
 *
 * @module
 */
import { readConfig, type Sources } from "@gopool/config";
import { openBroker } from "./broker.ts";
import { latency } from "./latency.ts";
import { schema } from "./options.ts";
import { speed } from "./speed.ts";

/** @returns Sentences about what failed: none, where all went as it should. */
export async function loadKafka(sources: Sources): Promise<void> {
  const options = readConfig("load kafka", schema, sources);
  await using broker = await openBroker(options.bus);
  const { part } = options;
  if (part !== "latency") await speed(broker, options);
  if (part !== "speed") await latency(broker, options);
}
