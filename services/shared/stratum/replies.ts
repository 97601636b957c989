/**
 * What a pool says, as bytes with their line end. Encoders trust the caller's types and throw RangeError for
 * values that would make miners misbehave: these are faults of the pool, never of a peer.
 *
 * @module
 */
import { asHex, hex32 } from "./hex.ts";
import type { NotifyParams } from "./notify.ts";

const utf8 = new TextEncoder();

/** What JSON.stringify takes and gives back the same. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

/** An id's JSON text, as text or as the bytes it came in. */
export type RawId = string | Uint8Array;

const decoder = new TextDecoder();
const idText = (rawId: RawId): string => typeof rawId === "string" ? rawId : decoder.decode(rawId);

const ID_HEAD = utf8.encode('{"id":');

/** What follows the id in `{"id":…,"result":true,"error":null}`. */
export const ACCEPTED_TAIL: Uint8Array = utf8.encode(',"result":true,"error":null}\n');

/** What follows the id in an error's line. Made once per reason, used for every answer. */
export function errorTail(code: number, text: string): Uint8Array {
  // ESP-Miner counts a reject by error being other than null; bare strings show as "unknown" there.
  return utf8.encode(`,"result":null,"error":[${code},${JSON.stringify(text)},null]}\n`);
}

/** Bytes an answer with this id and tail takes. */
export function answerLength(idLength: number, tail: Uint8Array): number {
  return ID_HEAD.length + idLength + tail.length;
}

/**
 * Writes `{"id":<id>` and the tail into `out` at `at`, allocating nothing.
 *
 * @param rawId Buffer whose bytes [idStart, idEnd) are the id's JSON text.
 * @returns The position after the line.
 * @throws {RangeError} It does not fit.
 */
export function answerInto(
  out: Uint8Array,
  at: number,
  rawId: Uint8Array,
  idStart: number,
  idEnd: number,
  tail: Uint8Array,
): number {
  if (at + answerLength(idEnd - idStart, tail) > out.length) {
    throw new RangeError("Cannot write an answer: the buffer is full");
  }
  // Loops beat set(subarray()) at these lengths: no view object, no call into the runtime.
  for (let i = 0; i < ID_HEAD.length; i++) out[at++] = ID_HEAD[i]!;
  for (let i = idStart; i < idEnd; i++) out[at++] = rawId[i]!;
  for (let i = 0; i < tail.length; i++) out[at++] = tail[i]!;
  return at;
}

/** Writes the answer to an accepted share; see answerInto. */
export function acceptedInto(
  out: Uint8Array,
  at: number,
  rawId: Uint8Array,
  idStart = 0,
  idEnd: number = rawId.length,
): number {
  return answerInto(out, at, rawId, idStart, idEnd, ACCEPTED_TAIL);
}

export function acceptedLine(rawId: RawId): Uint8Array {
  return utf8.encode(`{"id":${idText(rawId)},"result":true,"error":null}\n`);
}

export function resultLine(rawId: RawId, result: Json): Uint8Array {
  return utf8.encode(`{"id":${idText(rawId)},"result":${JSON.stringify(result)},"error":null}\n`);
}

/** @param code 20 other, 21 job not found or stale, 22 duplicate, 23 low difficulty, 24 unauthorised, 25 not subscribed. */
export function errorLine(rawId: RawId, code: number, text: string): Uint8Array {
  return utf8.encode(
    `{"id":${idText(rawId)},"result":null,"error":[${code},${JSON.stringify(text)},null]}\n`,
  );
}

/** The three-part result of mining.subscribe: ESP-Miner refuses fewer. */
export function subscribeResultLine(
  rawId: RawId,
  subscribed: { sessionId: string; extranonce1: Uint8Array | string; extranonce2Size: number },
): Uint8Array {
  const { sessionId, extranonce1, extranonce2Size } = subscribed;
  return resultLine(rawId, [
    [["mining.set_difficulty", sessionId], ["mining.notify", sessionId]],
    asHex(extranonce1),
    extranonce2Size,
  ]);
}

/** A message nobody answers. */
export function notificationLine(method: string, params: readonly Json[]): Uint8Array {
  return utf8.encode(`{"id":null,"method":"${method}","params":${JSON.stringify(params)}}\n`);
}

/**
 * mining.set_difficulty. The number is written out in full: parsers in firmware are not all at home with
 * 1e-7, and a miner that reads another number mines at another target.
 */
export function setDifficultyLine(difficulty: number): Uint8Array {
  return utf8.encode(
    `{"id":null,"method":"mining.set_difficulty","params":[${plainDecimal(difficulty)}]}\n`,
  );
}

/** mining.set_version_mask (BIP310): takes effect at once. */
export function setVersionMaskLine(mask: number): Uint8Array {
  return notificationLine("mining.set_version_mask", [hex32(mask)]);
}

/** mining.set_extranonce: only to a miner that asked for it; takes effect with the next notify. */
export function setExtranonceLine(
  extranonce1: Uint8Array | string,
  extranonce2Size: number,
): Uint8Array {
  return notificationLine("mining.set_extranonce", [asHex(extranonce1), extranonce2Size]);
}

/** client.reconnect: to the same place without an argument. Many miners ignore it; closing is what all obey. */
export function reconnectLine(
  to?: { host: string; port: number; waitSeconds: number },
): Uint8Array {
  return notificationLine("client.reconnect", to ? [to.host, to.port, to.waitSeconds] : []);
}

export function showMessageLine(text: string): Uint8Array {
  return notificationLine("client.show_message", [text]);
}

/** A question of the pool: mining.ping (cgminer answers "pong"), client.get_version. */
export function questionLine(id: number, method: "mining.ping" | "client.get_version"): Uint8Array {
  return utf8.encode(`{"id":${id},"method":"${method}","params":[]}\n`);
}

/**
 * The shortest decimal that reads back as the same double, without an exponent.
 *
 * @throws {RangeError} Not above zero, or not finite.
 */
export function plainDecimal(value: number): string {
  if (!(value > 0) || value === Infinity) {
    throw new RangeError(`Cannot send difficulty ${value}: must be above zero`);
  }
  const [mantissa, exponent] = value.toString().split("e");
  if (exponent === undefined) return mantissa!;
  const [whole, fraction = ""] = mantissa!.split(".");
  const power = Number(exponent);
  return power < 0
    ? `0.${"0".repeat(-power - 1)}${whole}${fraction}`
    : `${whole}${fraction.padEnd(power, "0")}`;
}

/** One job, written once for all who share it. */
export interface NotifyLines {
  /** @param coinb2 Hex of what follows extranonce2: differs by coinbase variant and account. */
  line(coinb2: string, clean: boolean): Uint8Array;
}

/**
 * Prepares the parts of a notify that all sessions share.
 *
 * @throws {RangeError} A part is not of the form cpuminer-opt insists on, or has a character JSON would escape.
 */
export function prepareNotify(params: Omit<NotifyParams, "coinb2" | "clean">): NotifyLines {
  const { jobId, prevHashWire, coinb1, branches, version, nbits, ntime } = params;
  if (!/^[\w.-]{1,64}$/.test(jobId)) throw new RangeError("Cannot notify: job id");
  if (!HASH.test(prevHashWire)) throw new RangeError("Cannot notify: previous hash");
  if (!branches.every((branch) => HASH.test(branch))) throw new RangeError("Cannot notify: branch");
  if (!HEX.test(coinb1)) throw new RangeError("Cannot notify: coinb1");
  const head =
    `{"id":null,"method":"mining.notify","params":["${jobId}","${prevHashWire}","${coinb1}","`;
  const list = branches.length === 0 ? "" : `"${branches.join('","')}"`;
  const tail = `",[${list}],"${hex32(version)}","${hex32(nbits)}","${hex32(ntime)}",`;
  return {
    line(coinb2, clean) {
      if (!HEX.test(coinb2)) throw new RangeError("Cannot notify: coinb2");
      return utf8.encode(`${head}${coinb2}${tail}${clean}]}\n`);
    },
  };
}

const HASH = /^[0-9a-f]{64}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** mining.notify, whole. */
export function notifyLine(params: NotifyParams): Uint8Array {
  return prepareNotify(params).line(params.coinb2, params.clean);
}
