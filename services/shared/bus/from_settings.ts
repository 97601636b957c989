/**
 * The rows of settings as options of the bus. The one place of the room that reads files: certificates.
 *
 * @module
 */
import type { KafkaOptions } from "./options.ts";

/** The shape of @gopool/config's rows about the bus: this room knows no other. */
export interface BusSettings {
  readonly sharePartitions?: number | undefined;
  readonly kafkaReplication: number;
  readonly kafkaMinInSync?: number | undefined;
  readonly kafkaRetention: number;
  readonly kafkaTls: boolean;
  /** Files, PEM. */
  readonly kafkaCa?: string | undefined;
  readonly kafkaCert?: string | undefined;
  readonly kafkaKey?: string | undefined;
  readonly kafkaSasl: "none" | "plain" | "scram-sha-256" | "scram-sha-512";
  readonly kafkaUser?: string | undefined;
  readonly kafkaPassword?: string | undefined;
}

export interface OptionsOfSettings {
  readonly sharePartitions?: number;
  readonly kafka: KafkaOptions;
}

/**
 * What the settings say to `openBus`, beside clock and trouble.
 *
 * @param readFile Reads a certificate. Default: Deno.readTextFileSync.
 * @throws {Deno.errors.NotFound} A certificate's file is not there; other errors of reading likewise.
 */
export function busOptionsOf(
  settings: BusSettings,
  readFile: (path: string) => string = Deno.readTextFileSync,
): OptionsOfSettings {
  const { sharePartitions, kafkaMinInSync, kafkaTls, kafkaSasl, kafkaUser, kafkaPassword } =
    settings;
  const pem = (name: "ca" | "cert" | "key", path: string | undefined) =>
    path === undefined ? {} : { [name]: readFile(path) };
  return {
    ...(sharePartitions === undefined ? {} : { sharePartitions }),
    kafka: {
      replication: settings.kafkaReplication,
      ...(kafkaMinInSync === undefined ? {} : { minInSync: kafkaMinInSync }),
      retentionMs: settings.kafkaRetention,
      ...(kafkaTls
        ? {
          tls: {
            ...pem("ca", settings.kafkaCa),
            ...pem("cert", settings.kafkaCert),
            ...pem("key", settings.kafkaKey),
          },
        }
        : {}),
      ...(kafkaSasl === "none" ? {} : {
        sasl: { mechanism: kafkaSasl, username: kafkaUser ?? "", password: kafkaPassword ?? "" },
      }),
    },
  };
}
