/**
 * The broker of a run: one that runs already, or one of its own.
 *
 * @module
 */
import { dropTopics } from "@gopool/bus/bare_kafka";
import { findKafka, startKafka } from "@gopool/testing/servers";

export interface Broker extends AsyncDisposable {
  /** `host:port`, several with commas between them. */
  readonly bootstrap: string;
  /** Of its process, where that is ours to look at. */
  readonly pid: number | null;
  /** Before the names of this run's topics and groups. */
  readonly prefix: string;
}

/** Compiled as a broker in use is: the small one that tests start stops half-way. */
const WARM_JVM = ["-Xmx768m", "-XX:TieredStopAtLevel=4"];

/** @param address Of a broker that runs; absent: one is started, and ended with the run. */
export async function openBroker(address: string | undefined): Promise<Broker> {
  const prefix = `load-${crypto.randomUUID().slice(0, 8)}.`;
  if (address !== undefined) {
    return {
      bootstrap: address,
      pid: null,
      prefix,
      [Symbol.asyncDispose]: async () => void await dropTopics(address, prefix),
    };
  }
  const jars = await findKafka();
  if ("why" in jars) throw new Error(`There is no Kafka to put under load: ${jars.why}`);
  const server = await startKafka(jars, { jvm: WARM_JVM, sessionTimeoutMs: 18_000 });
  return {
    bootstrap: server.bootstrap,
    pid: server.pids[0] ?? null,
    prefix,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
