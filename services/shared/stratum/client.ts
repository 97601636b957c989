/**
 * The miner's side of the wire, pure: what it sends, what it understands, and the header it hashes. Used by
 * the demo miner and by tests.
 *
 * @module
 */
import {
  concat,
  encodeHeader,
  fromHex,
  type Hash,
  rootFromBranch,
  sha256d,
  type UnixSeconds,
} from "@gopool/chain";
import { asHex, hex32, isHexBytes, readUint32 } from "./hex.ts";
import { readDifficulty } from "./identity.ts";
import { type ParsedMessage, parseMessage } from "./message.ts";
import { type NotifyParams, prevHashFromWire } from "./notify.ts";
import { bad, good, isPlainText, type Reading } from "./reading.ts";
import type { Json } from "./replies.ts";

const utf8 = new TextEncoder();

/** A request, as ESP-Miner writes it. */
export function requestLine(
  id: number | string | null,
  method: string,
  params: readonly Json[],
): Uint8Array {
  return utf8.encode(`${JSON.stringify({ id, method, params })}\n`);
}

export function subscribeRequest(id: number, userAgent: string, sessionId?: string): Uint8Array {
  return requestLine(id, "mining.subscribe", [userAgent, ...(sessionId ? [sessionId] : [])]);
}

export function authorizeRequest(id: number, username: string, password = "x"): Uint8Array {
  return requestLine(id, "mining.authorize", [username, password]);
}

/** Asks for version rolling with this mask (BIP310). */
export function configureRequest(id: number, versionMask: number): Uint8Array {
  return requestLine(id, "mining.configure", [["version-rolling"], {
    "version-rolling.mask": hex32(versionMask),
    "version-rolling.min-bit-count": 2,
  }]);
}

/** A found share. Leave `versionBits` out where no version rolling was agreed. */
export function submitRequest(id: number, share: {
  readonly worker: string;
  readonly jobId: string;
  readonly extranonce2: Uint8Array | string;
  readonly ntime: number;
  readonly nonce: number;
  readonly versionBits?: number;
}): Uint8Array {
  const { worker, jobId, extranonce2, ntime, nonce, versionBits } = share;
  const params = [worker, jobId, asHex(extranonce2), hex32(ntime), hex32(nonce)];
  if (versionBits !== undefined) params.push(hex32(versionBits));
  return requestLine(id, "mining.submit", params);
}

/** What a pool may say. */
export type PoolMessage =
  | { readonly kind: "notify"; readonly notify: NotifyParams }
  | { readonly kind: "set_difficulty"; readonly difficulty: number }
  | { readonly kind: "set_version_mask"; readonly mask: number }
  | {
    readonly kind: "set_extranonce";
    readonly extranonce1: Uint8Array;
    readonly extranonce2Size: number;
  }
  | {
    readonly kind: "reconnect";
    readonly host?: string;
    readonly port?: number;
    readonly waitSeconds?: number;
  }
  | { readonly kind: "show_message"; readonly text: string }
  /** Wants an answer under `rawId`: "pong", or the miner's name. */
  | { readonly kind: "ping" | "get_version"; readonly rawId: string }
  /** `accepted` is what ESP-Miner counts by: no error, and a result that is not false. */
  | {
    readonly kind: "response";
    readonly rawId: string;
    readonly result: unknown;
    readonly error: unknown;
    readonly accepted: boolean;
  }
  | { readonly kind: "other"; readonly method: string }
  | { readonly kind: "malformed"; readonly problem: string };

/** Reads one line of a pool. Never throws. */
export function readPoolMessage(
  line: Uint8Array | string,
  start = 0,
  end = line.length,
): PoolMessage {
  const message = parseMessage(line, start, end);
  switch (message.kind) {
    case "malformed":
      return { kind: "malformed", problem: message.problem };
    case "response": {
      const { rawId, result, error } = message;
      const accepted = error === null && result !== false && result !== null;
      return { kind: "response", rawId, result, error, accepted };
    }
    default: {
      const read = readMethod(message);
      return read.ok ? read.value : { kind: "malformed", problem: read.problem };
    }
  }
}

function readMethod(
  { method, params, rawId }: Extract<ParsedMessage, { kind: "request" | "notification" }>,
): Reading<PoolMessage> {
  switch (method) {
    case "mining.notify": {
      const notify = readNotify(params);
      return notify.ok ? good({ kind: "notify", notify: notify.value }) : notify;
    }
    case "mining.set_difficulty": {
      // Only a JSON number: firmware reads no text here, so neither does the client that tests the pool.
      const difficulty = typeof params[0] === "number" ? readDifficulty(params[0]) : undefined;
      return difficulty === undefined
        ? bad("set_difficulty must have a number")
        : good({ kind: "set_difficulty", difficulty });
    }
    case "mining.set_version_mask": {
      const mask = typeof params[0] === "string" ? readUint32(params[0]) : -1;
      return mask < 0
        ? bad("set_version_mask must have hex")
        : good({ kind: "set_version_mask", mask });
    }
    case "mining.set_extranonce": {
      const extranonce = readExtranonce(params[0], params[1]);
      return extranonce.ok ? good({ kind: "set_extranonce", ...extranonce.value }) : extranonce;
    }
    case "client.reconnect": {
      const [host, port, wait] = params;
      return good({
        kind: "reconnect",
        ...(isPlainText(host) && host !== "" ? { host } : {}),
        ...(Number.isInteger(Number(port)) && Number(port) > 0 ? { port: Number(port) } : {}),
        ...(Number(wait) >= 0 ? { waitSeconds: Number(wait) } : {}),
      });
    }
    case "client.show_message":
      return isPlainText(params[0])
        ? good({ kind: "show_message", text: params[0] })
        : bad("show_message must have text");
    case "mining.ping":
      return good({ kind: "ping", rawId });
    case "client.get_version":
      return good({ kind: "get_version", rawId });
    default:
      return good({ kind: "other", method });
  }
}

/**
 * The params of mining.notify. The last one is the clean flag even where a pool has put a field before it,
 * as ESP-Miner reads it.
 */
export function readNotify(params: readonly unknown[]): Reading<NotifyParams> {
  if (params.length < 9) return bad("notify must have 9 parameters");
  const [jobId, prevHashWire, coinb1, coinb2, branches, version, nbits, ntime] = params;
  const clean = params.at(-1);
  if (!isPlainText(jobId)) return bad("notify's job id must be text");
  if (!isDigits(prevHashWire, 64)) return bad("notify's previous hash must be 64 digits");
  if (!isHexBytes(coinb1) || !isHexBytes(coinb2)) return bad("notify's coinbase must be hex");
  if (!Array.isArray(branches) || !branches.every((branch) => isDigits(branch, 64))) {
    return bad("notify's branches must be 64 digits each");
  }
  if (!isDigits(version, 8) || !isDigits(nbits, 8) || !isDigits(ntime, 8)) {
    return bad("notify's version, nbits and ntime must be 8 digits");
  }
  if (typeof clean !== "boolean") return bad("notify's last parameter must be true or false");
  return good({
    jobId,
    prevHashWire,
    coinb1,
    coinb2,
    branches,
    version: readUint32(version),
    nbits: readUint32(nbits),
    ntime: readUint32(ntime),
    clean,
  });
}

/** cpuminer-opt refuses a notify whose fields are of other lengths: so does this. */
function isDigits(value: unknown, count: number): value is string {
  return isHexBytes(value) && value.length === count;
}

function readExtranonce(
  hex: unknown,
  size: unknown,
): Reading<{ extranonce1: Uint8Array; extranonce2Size: number }> {
  if (!isHexBytes(hex)) return bad("extranonce1 must be hex");
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > 32) {
    return bad("extranonce2 size must be 0 to 32");
  }
  return good({ extranonce1: fromHex(hex), extranonce2Size: size });
}

export interface Subscribed {
  readonly extranonce1: Uint8Array;
  readonly extranonce2Size: number;
  /** Second half of the mining.notify pair: what to send to take the session up again. */
  readonly sessionId?: string;
}

/** The result of mining.subscribe: `[[[method, session], …], extranonce1, extranonce2 size]`. */
export function readSubscribed(result: unknown): Reading<Subscribed> {
  if (!Array.isArray(result) || result.length < 3) {
    return bad("subscribe's result must have 3 parts");
  }
  const [pairs, hex, size] = result;
  const extranonce = readExtranonce(hex, size);
  if (!extranonce.ok) return extranonce;
  const found = Array.isArray(pairs)
    ? pairs.find((pair) => Array.isArray(pair) && pair[0] === "mining.notify")
    : undefined;
  return good({
    ...extranonce.value,
    ...(isPlainText(found?.[1]) ? { sessionId: found[1] } : {}),
  });
}

/** The mask granted in the result of mining.configure; 0 where version rolling was refused. */
export function readGrantedMask(result: unknown): number {
  if (typeof result !== "object" || result === null) return 0;
  const answers = new Map<string, unknown>(Object.entries(result));
  const mask = answers.get("version-rolling.mask");
  if (answers.get("version-rolling") !== true || typeof mask !== "string") return 0;
  return Math.max(0, readUint32(mask));
}

/** Header version after rolling (BIP310): the job's bits outside the mask, the miner's inside. Unsigned. */
export function rolledVersion(version: number, mask: number, bits: number): number {
  return ((version & ~mask) | (bits & mask)) >>> 0;
}

/**
 * The 80 bytes a miner hashes for a job. For the next nonce only bytes 76 to 79 change (little-endian), for
 * the next version bytes 0 to 3.
 *
 * @param share `version` is the whole header version (rolledVersion), not the bits of a submit.
 * @throws {SyntaxError} The notify's hex is malformed; readNotify lets no such through.
 */
export function headerFor(notify: NotifyParams, share: {
  readonly extranonce1: Uint8Array;
  readonly extranonce2: Uint8Array;
  readonly version: number;
  readonly ntime: number;
  readonly nonce: number;
}): Uint8Array {
  const { extranonce1, extranonce2, version, ntime, nonce } = share;
  const coinbase = concat(fromHex(notify.coinb1), extranonce1, extranonce2, fromHex(notify.coinb2));
  const branch = notify.branches.map((text) => fromHex(text) as Hash);
  return encodeHeader({
    version,
    previousHash: prevHashFromWire(notify.prevHashWire),
    merkleRoot: rootFromBranch(sha256d(coinbase), branch),
    time: ntime as UnixSeconds,
    nbits: notify.nbits,
    nonce,
  });
}
