/**
 * Rows that name the bus, and what several of them say together.
 *
 * @module
 */
import { dirname } from "node:path";
import { type Config, type Field, optional } from "./field.ts";
import { choice, duration, flag, integer, path, text } from "./fields.ts";
import { keepsIn, type Need, netNeed, readsFile } from "./needs.ts";
import { place, placeOf, type Scheme } from "./place_fields.ts";

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "sqlite:": {
    path: {
      // A "%" that begins no escape could not be decoded.
      pattern: /^(?:[^%]|%[0-9a-fA-F]{2})*[^/]$/,
      must: "a file after the colon, with each % written as %25",
    },
  },
  "memory:": {},
  "kafka:": {
    hosts: "several",
    // Apache Kafka's own default for clients.
    port: 9_092,
    credentials: "GOPOOL_KAFKA_USER and GOPOOL_KAFKA_PASSWORD hold them",
    query: ["prefix"],
  },
};

export const busUrl: Field<string> = place(
  "GOPOOL_BUS_URL",
  "message bus: kafka://HOST:PORT,HOST:PORT or sqlite:FILE",
  { schemes: SCHEMES, needs: busNeeds },
);

/** The log's file of a `sqlite:` URL, whose path is percent-encoded; null where the bus is no file. */
export function sqliteFileOf(url: string): string | null {
  if (!url.startsWith("sqlite:")) return null;
  return decodeURIComponent(url.slice("sqlite:".length)).replace(/^\/\/(?=\/)/, "");
}

/** What a process that opens this bus needs. Readers of the embedded log take part in its locks: they write too. */
export function busNeeds(url: string): Need[] {
  const file = sqliteFileOf(url);
  if (file !== null) return keepsIn(dirname(file));
  return placeOf(url, SCHEMES).hosts.map((host) => netNeed("connect", host));
}

/** No default: the bus makes new topics with its own number, and takes those that stand as they are. */
export const sharePartitions: Field<number | undefined> = optional(integer(
  "GOPOOL_SHARE_PARTITIONS",
  "partitions of the share topics, fixed once they exist; not set: as many as there are, 4 in a new log",
  // Each costs a reader and its memory of repeats; a thousand is past every pool there is.
  { min: 1, max: 1_024 },
));

const DAY_MS = 86_400_000;

/** What a bus at `kafka:` needs beside its address; of no meaning to the others. */
export const kafkaRows = {
  kafkaReplication: integer(
    "GOPOOL_KAFKA_REPLICATION",
    "brokers that keep each topic; 1 survives the loss of no disk",
    // Kafka's own limit is the number of brokers; past seven copies nobody gains.
    { min: 1, max: 7, fallback: 1 },
  ),
  kafkaMinInSync: optional(integer(
    "GOPOOL_KAFKA_MIN_IN_SYNC",
    "brokers that must have a record before it counts as written; not set: 2, or 1 with one copy",
    { min: 1, max: 7 },
  )),
  kafkaRetention: duration(
    "GOPOOL_KAFKA_RETENTION",
    "how long the topics of shares and blocks keep their records, 30d or more",
    // Less could take shares that have not been paid; ten years are for ever.
    { minMs: 30 * DAY_MS, maxMs: 3_650 * DAY_MS, fallback: "30d" },
  ),
  kafkaTls: flag("GOPOOL_KAFKA_TLS", "speak TLS to the brokers"),
  kafkaCa: file(
    "GOPOOL_KAFKA_CA",
    "file with the certificates that the brokers' are signed by, PEM",
  ),
  kafkaCert: file("GOPOOL_KAFKA_CERT", "file with this client's own certificate, PEM"),
  kafkaKey: file("GOPOOL_KAFKA_KEY", "file with the key of that certificate, PEM"),
  kafkaSasl: choice("GOPOOL_KAFKA_SASL", "how this client names itself to the brokers", {
    of: ["none", "plain", "scram-sha-256", "scram-sha-512"],
    fallback: "none",
  }),
  kafkaUser: optional(text("GOPOOL_KAFKA_USER", "user name for the brokers", { takes: "NAME" })),
  kafkaPassword: optional(
    text("GOPOOL_KAFKA_PASSWORD", "password for the brokers", { takes: "WORD", secret: true }),
  ),
};

/** All that a service needs to open the bus. */
export const busRows = { busUrl, sharePartitions, ...kafkaRows };

export type BusSettings = Config<typeof busRows>;

/**
 * What rows about the bus contradict, in sentences. Rows that could not be read are left out.
 *
 * @param isBad Whether a variable has been complained of already.
 */
export function busProblems(
  found: Partial<BusSettings>,
  isBad: (variable: string) => boolean = () => false,
): string[] {
  const problems: string[] = [];
  const { kafkaReplication: copies, kafkaMinInSync: least, kafkaSasl: sasl } = found;
  if (copies !== undefined && least !== undefined && least > copies) {
    problems.push(
      `GOPOOL_KAFKA_MIN_IN_SYNC=${least} is more than GOPOOL_KAFKA_REPLICATION=${copies}: nothing could ever be written`,
    );
  }
  if ((found.kafkaCert === undefined) !== (found.kafkaKey === undefined)) {
    problems.push("GOPOOL_KAFKA_CERT and GOPOOL_KAFKA_KEY belong together: one is missing");
  }
  if (found.kafkaTls === false) {
    for (const [name, value] of [["CA", found.kafkaCa], ["CERT", found.kafkaCert]] as const) {
      if (value === undefined) continue;
      problems.push(`GOPOOL_KAFKA_${name} is set, but GOPOOL_KAFKA_TLS is off`);
    }
  }
  const named = { USER: found.kafkaUser, PASSWORD: found.kafkaPassword };
  for (const [name, value] of Object.entries(named)) {
    if (sasl === "none" && value !== undefined) {
      problems.push(`GOPOOL_KAFKA_${name} is set, but GOPOOL_KAFKA_SASL is none`);
    } else if (sasl !== undefined && sasl !== "none" && value === undefined) {
      if (isBad(`GOPOOL_KAFKA_${name}`)) continue;
      problems.push(`GOPOOL_KAFKA_${name} is required with GOPOOL_KAFKA_SASL=${sasl}`);
    }
  }
  return problems;
}

function file(variable: string, help: string): Field<string | undefined> {
  return optional({ ...path(variable, help), needs: readsFile });
}
