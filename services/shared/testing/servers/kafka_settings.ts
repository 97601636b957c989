/**
 * The settings file of a broker for tests, and where each of its listeners is.
 *
 * @module
 */
import { freePort } from "../places.ts";

/** Ways to a broker. `plain` needs no login and is there always: brokers and controllers speak over it as well. */
export type ListenerName = "plain" | "tls" | "sasl" | "saslTls";

/** The security protocol of each; the listener carries its name. */
const PROTOCOLS: Readonly<Record<ListenerName, string>> = {
  plain: "PLAINTEXT",
  tls: "SSL",
  sasl: "SASL_PLAINTEXT",
  saslTls: "SASL_SSL",
};

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** PEM files of the broker, and of the authority that signed it and its clients. */
export interface BrokerPem {
  /** Private key and certificate in one. */
  readonly broker: string;
  readonly ca: string;
}

/** One broker's place: its ports are the same after a restart. */
export interface BrokerPlace {
  /** node.id, from 1 on. */
  readonly id: number;
  readonly folder: string;
  readonly ports: Readonly<Partial<Record<ListenerName, number>>>;
  readonly controllerPort: number;
}

export function placeOf(id: number, folder: string, listeners: readonly ListenerName[]) {
  const ports = Object.fromEntries(listeners.map((name) => [name, freePort()]));
  return { id, folder: `${folder}/broker${id}`, ports, controllerPort: freePort() };
}

export interface BrokerSettings {
  readonly place: BrokerPlace;
  readonly all: readonly BrokerPlace[];
  readonly pem: BrokerPem | null;
  /** Whether TLS clients must show a certificate of the authority. */
  readonly clientCertificates: boolean;
  /** Who may log in with PLAIN. SCRAM's logins stand in the metadata: the folder is formatted with them. */
  readonly login: Login | null;
  readonly sessionTimeoutMs: number;
  /** More of the broker's own settings, or others. */
  readonly more: Readonly<Record<string, string | number>>;
}

/** The whole of server.properties. */
export function brokerProperties(settings: BrokerSettings): string {
  const { place, all, pem, login } = settings;
  const names = Object.keys(place.ports) as ListenerName[];
  const addresses = names.map((name) => `${PROTOCOLS[name]}://127.0.0.1:${place.ports[name]}`);
  const copies = Math.min(all.length, 3);
  const properties: Record<string, string | number> = {
    "process.roles": "broker,controller",
    "node.id": place.id,
    "log.dirs": `${place.folder}/data`,
    "controller.quorum.bootstrap.servers": all
      .map(({ controllerPort }) => `127.0.0.1:${controllerPort}`).join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": PROTOCOLS.plain,
    "listeners": [...addresses, `CONTROLLER://127.0.0.1:${place.controllerPort}`].join(","),
    "advertised.listeners": addresses.join(","),
    "listener.security.protocol.map": [
      "CONTROLLER:PLAINTEXT",
      ...Object.values(PROTOCOLS).map((name) => `${name}:${name}`),
    ].join(","),
    "auto.create.topics.enable": "false",
    // What a group needs on a small cluster.
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": Math.max(1, copies - 1),
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": Math.max(1, copies - 1),
    "share.coordinator.state.topic.num.partitions": 4,
    // A group's first member does not wait for a second.
    "group.initial.rebalance.delay.ms": 0,
    // A killed broker comes back only once its old session is over.
    "broker.session.timeout.ms": settings.sessionTimeoutMs,
    "broker.heartbeat.interval.ms": Math.min(500, settings.sessionTimeoutMs / 4),
    "message.max.bytes": MESSAGE_MAX_BYTES,
    "replica.fetch.max.bytes": MESSAGE_MAX_BYTES,
    // Buffers that suit a heap of some hundred MiB.
    "log.cleaner.dedupe.buffer.size": 8_388_608,
    "log.cleaner.threads": 1,
    "num.network.threads": 2,
    "num.io.threads": 4,
    ...(pem === null ? {} : {
      "ssl.keystore.type": "PEM",
      "ssl.keystore.location": pem.broker,
      "ssl.truststore.type": "PEM",
      "ssl.truststore.location": pem.ca,
      "ssl.client.auth": settings.clientCertificates ? "required" : "none",
    }),
    ...(login === null ? {} : saslProperties(names, login)),
    ...settings.more,
  };
  return Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join("");
}

/** As the pool's largest topics have it. */
const MESSAGE_MAX_BYTES = 8_388_608;

function saslProperties(names: readonly ListenerName[], login: Login): Record<string, string> {
  const modules = "org.apache.kafka.common.security";
  const user = `user_${login.username}="${login.password}"`;
  const entries = names.filter((name) => name === "sasl" || name === "saslTls").flatMap((name) => {
    const listener = `listener.name.${PROTOCOLS[name].toLowerCase()}`;
    return [
      [`${listener}.sasl.enabled.mechanisms`, "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"],
      [
        `${listener}.plain.sasl.jaas.config`,
        `${modules}.plain.PlainLoginModule required ${user};`,
      ],
      ...["scram-sha-256", "scram-sha-512"].map((mechanism) => [
        `${listener}.${mechanism}.sasl.jaas.config`,
        `${modules}.scram.ScramLoginModule required;`,
      ]),
    ];
  });
  return Object.fromEntries(entries);
}
