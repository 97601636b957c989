/**
 * A real Kafka for tests: one broker or three, each controller as well, on 127.0.0.1 and on folders of their own.
 *
 * A broker takes two to five seconds to come up on an idle machine, three of them ten; memory is 200 to 300 MiB each.
 * A killed one comes back only when its session is over (`sessionTimeoutMs`).
 *
 * @module
 */
import { KAFKA_VERSION, type KafkaJars } from "./kafka_install.ts";
import {
  type BrokerPem,
  type BrokerPlace,
  brokerProperties,
  type ListenerName,
  type Login,
  placeOf,
} from "./kafka_settings.ts";
import { brokersSeen, deleteTopic } from "./kafka_wire.ts";
import { type Pem, tlsFiles } from "./pem.ts";
import { type Running, untilReady } from "./process.ts";
import { end, spawnWatched } from "./watched.ts";

export interface KafkaOptions {
  readonly brokers?: 1 | 3;
  /** Listeners that speak TLS; "client-certificate": only to those who show one. */
  readonly tls?: boolean | "client-certificate";
  /** Listeners that want this login, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly sasl?: Login;
  /** After how long without a heartbeat a broker is taken for dead; default 3 s. */
  readonly sessionTimeoutMs?: number;
  /** More of the broker's own settings: `{"log.retention.check.interval.ms": 500}`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** More of Java's own flags, after those for a small process that starts quickly. */
  readonly jvm?: readonly string[];
}

export interface KafkaServer extends AsyncDisposable {
  /** Of all brokers' listeners without TLS and login: `127.0.0.1:PORT,127.0.0.1:PORT,…` */
  readonly bootstrap: string;
  /** The same for the other listeners, as far as they were asked for. */
  readonly listeners: Readonly<Partial<Record<ListenerName, string>>>;
  /** `127.0.0.1:PORT` of each broker; broker i has node.id i + 1. */
  readonly brokers: readonly string[];
  /** Certificates, where TLS was asked for. */
  readonly pem: Pem | null;
  /** Of the processes that run, at the moment. */
  readonly pids: readonly number[];
  /** SIGTERM, and its end. All of them without a number. */
  stop(broker?: number): Promise<void>;
  /** SIGKILL. */
  kill(broker?: number): Promise<void>;
  /** SIGSTOP and SIGCONT: it takes connections and answers nothing. */
  stall(on: boolean, broker?: number): void;
  /** As an operator deletes one by mistake. */
  deleteTopic(name: string): Promise<void>;
  /** Starts a broker that was stopped or killed, in its old place, and waits until the cluster counts it. */
  restart(broker?: number): Promise<void>;
}

/** For tests that measure nothing: little memory, little time spent on compiling. */
const SMALL_JVM = [
  "-Xms96m",
  "-Xmx448m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

const SESSION_TIMEOUT_MS = 3_000;

/** Starts it and waits until every broker is counted. `jars` is what `findKafka()` gave. */
export async function startKafka(
  jars: KafkaJars,
  options: KafkaOptions = {},
): Promise<KafkaServer> {
  const { brokers = 1, tls = false, sasl = null } = options;
  const folder = await Deno.makeTempDir({ prefix: `kafka-${KAFKA_VERSION}-` });
  const names: ListenerName[] = ["plain"];
  if (tls) names.push("tls");
  if (sasl) names.push("sasl");
  if (tls && sasl) names.push("saslTls");
  const places = Array.from({ length: brokers }, (_, at) => placeOf(at + 1, folder, names));
  const running: (Running | null)[] = places.map(() => null);
  let over = false;

  async function finish(atOnce: boolean) {
    if (over) return;
    over = true;
    await Promise.all(running.map((one) => one && end(one, { atOnce })));
    await Deno.remove(folder, { recursive: true });
  }
  const pem = tls ? await tlsFiles(folder) : null;
  const files: BrokerPem | null = pem && { broker: pem.files.serverBundle, ca: pem.files.ca };
  const each = (broker: number | undefined) => broker === undefined ? places.keys() : [broker];

  async function launch(at: number): Promise<void> {
    const place = places[at]!;
    const java = [
      ...SMALL_JVM,
      ...options.jvm ?? [],
      "-cp",
      jars.classpath,
      "kafka.Kafka",
      `${place.folder}/server.properties`,
    ];
    const broker = await spawnWatched("java", java, { folder });
    running[at] = broker;
    const alive = places.filter((_, other) => running[other] && !running[other].ended()).length;
    await untilReady(broker, `Kafka's broker ${place.id}`, async () => {
      const seen = await brokersSeen(place.ports.plain!);
      if (seen.length < alive) throw new Error(`it sees ${seen.length} of ${alive} brokers`);
    });
  }

  const server: KafkaServer = {
    bootstrap: addresses(places, "plain").join(),
    listeners: Object.fromEntries(names.map((name) => [name, addresses(places, name).join()])),
    brokers: addresses(places, "plain"),
    pem,
    get pids() {
      return running.flatMap((one) => one === null || one.ended() ? [] : [one.child.pid]);
    },
    stop: async (broker) => void await Promise.all(each(broker).map((at) => halt(at, false))),
    kill: async (broker) => void await Promise.all(each(broker).map((at) => halt(at, true))),
    stall(on, broker) {
      for (const at of each(broker)) running[at]?.child.kill(on ? "SIGSTOP" : "SIGCONT");
    },
    deleteTopic: (name) => deleteTopic(places[0]!.ports.plain!, name),
    restart: async (broker) => void await Promise.all(each(broker).map(launch)),
    [Symbol.asyncDispose]: () => finish(true),
  };
  async function halt(at: number, atOnce: boolean) {
    const broker = running[at];
    if (broker) await end(broker, { atOnce });
    running[at] = null;
  }

  try {
    for (const place of places) {
      await Deno.mkdir(place.folder);
      await Deno.writeTextFile(
        `${place.folder}/server.properties`,
        brokerProperties({
          place,
          all: places,
          pem: files,
          clientCertificates: tls === "client-certificate",
          login: sasl,
          sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
          more: options.settings ?? {},
        }),
      );
    }
    await format(jars, places, sasl);
    await Promise.all(places.keys().map(launch));
    return server;
  } catch (error) {
    await finish(true);
    throw error;
  }
}

function addresses(places: readonly BrokerPlace[], name: ListenerName): string[] {
  return places.map(({ ports }) => `127.0.0.1:${ports[name]}`);
}

/** Gives each broker's folder the cluster's id, its first controllers, and the logins that stand in the metadata. */
async function format(jars: KafkaJars, places: readonly BrokerPlace[], login: Login | null) {
  const directories = places.map(randomId);
  const controllers = places.map(({ id, controllerPort }, at) =>
    `${id}@127.0.0.1:${controllerPort}:${directories[at]}`
  );
  const cluster = randomId();
  const scram = login === null ? [] : ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name=${login.username},password=${login.password}]`,
  ]);
  await Promise.all(places.map(async ({ folder }) => {
    const { success, stdout, stderr } = await new Deno.Command("java", {
      args: [
        ...SMALL_JVM,
        "-cp",
        jars.classpath,
        "kafka.tools.StorageTool",
        "format",
        `--cluster-id=${cluster}`,
        `--config=${folder}/server.properties`,
        `--initial-controllers=${controllers.join()}`,
        ...scram,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = new TextDecoder();
    if (!success) {
      throw new Error(`Kafka's folder is refused:\n${text.decode(stdout)}${text.decode(stderr)}`);
    }
  }));
}

/** As Kafka writes a UUID: 16 bytes in URL-safe Base64. One that begins with a dash would be taken for a flag. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}
