import type { RedisOptions } from "ioredis";
import { STATE_ANSWER_MS } from "../port.ts";
import type { RedisAddress } from "./address.ts";
import { CLIENT_SCRIPTS } from "./scripts.ts";

/** What a Redis asks for besides its URL. Contents of files are read by the caller. */
export interface RedisAccess {
  /** PEM: the authority that signed the servers' certificates, where it is none of the system's. */
  readonly ca?: string;
  /** PEM: this client's own certificate and its key, where the servers ask for one. */
  readonly cert?: string;
  readonly key?: string;
  /** Where they do not stand in the URL. */
  readonly username?: string;
  readonly password?: string;
  /** Sentinels have users of their own. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
}

/** How ioredis is to behave: nothing kept for later, nothing sent again, no connecting by itself. */
export function clientOptions(
  address: RedisAddress,
  access: RedisAccess,
  disconnectTimeout: number,
): RedisOptions {
  const { places, master, db, tls } = address;
  const { ca, cert, key } = access;
  const secure = tls ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : null;
  const username = access.username ?? address.username;
  const password = access.password ?? address.password;
  const [{ hostname, port }] = places as [RedisAddress["places"][number]];
  return {
    ...(master === undefined ? { host: hostname, port } : {
      name: master,
      sentinels: places.map((place) => ({ host: place.hostname, port: place.port })),
      // One round of the Sentinels for each try: when to try again is the line's to say.
      sentinelRetryStrategy: () => null,
      sentinelCommandTimeout: STATE_ANSWER_MS,
      ...(access.sentinelUsername && { sentinelUsername: access.sentinelUsername }),
      ...(access.sentinelPassword && { sentinelPassword: access.sentinelPassword }),
      ...(secure && { enableTLSForSentinelMode: true, sentinelTLS: secure }),
    }),
    ...(secure && { tls: secure }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db,
    scripts: CLIENT_SCRIPTS,
    // HELLO came with Redis 6, and nothing here needs what it brings.
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Flushes what was under way as soon as a connection closes; else its promises would hang.
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    // The line asks more than ioredis would.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: STATE_ANSWER_MS,
    // For the handshake: calls have a shorter time of their own.
    commandTimeout: 2 * STATE_ANSWER_MS,
    disconnectTimeout,
  };
}
