/**
 * mining.configure (BIP310): which extensions a miner asks for, and the answer.
 *
 * @module
 */
import { hex32, readUint32 } from "./hex.ts";
import { readDifficulty } from "./identity.ts";
import { MAX_EXTENSIONS } from "./limits.ts";
import { bad, good, isPlainText, type Reading } from "./reading.ts";
import type { Json } from "./replies.ts";

/** What a miner says about itself with the `info` extension. Texts it left out are absent. */
export interface MinerInfo {
  readonly connectionUrl?: string;
  readonly hardwareVersion?: string;
  readonly softwareVersion?: string;
  readonly hardwareId?: string;
}

export interface ConfigureRequest {
  /** Every extension listed, each once, in order: each needs a key in the result. */
  readonly extensions: readonly string[];
  /**
   * Asked bits, unsigned: all of them where no mask was given. BIP310 requires min-bit-count, real miners
   * leave it out: 0 then. It is a hint for diagnosis: too few bits are no reason to refuse the rest.
   */
  readonly versionRolling?: { readonly mask: number; readonly minBitCount: number };
  readonly minimumDifficulty?: number;
  readonly subscribeExtranonce: boolean;
  readonly info?: MinerInfo;
}

/**
 * Reads `[[extension, …], {"<extension>.<parameter>": value, …}]`; the object may be missing. An extension
 * whose own parameters are unusable is listed in `extensions` and has no value: it is answered with false, and
 * the others stand.
 */
export function readConfigure(params: readonly unknown[]): Reading<ConfigureRequest> {
  const [list, given] = params;
  if (!Array.isArray(list)) return bad("configure takes a list of extensions");
  if (list.length > MAX_EXTENSIONS) return bad(`at most ${MAX_EXTENSIONS} extensions`);
  if (!list.every(isPlainText)) return bad("extensions must be text");
  if (
    given !== undefined && given !== null && (typeof given !== "object" || Array.isArray(given))
  ) {
    return bad("parameters of extensions must be an object");
  }
  const options = new Map<string, unknown>(Object.entries(given ?? {}));
  const asked = new Set<string>(list);

  const mask = readMask(options.get("version-rolling.mask"));
  const difficulty = readDifficulty(options.get("minimum-difficulty.value"));
  return good({
    extensions: [...asked],
    ...(asked.has("version-rolling") && mask >= 0
      ? {
        versionRolling: {
          mask,
          minBitCount: readCount(options.get("version-rolling.min-bit-count")),
        },
      }
      : {}),
    ...(asked.has("minimum-difficulty") && difficulty !== undefined
      ? { minimumDifficulty: difficulty }
      : {}),
    subscribeExtranonce: asked.has("subscribe-extranonce"),
    ...(asked.has("info") ? { info: readInfo(options) } : {}),
  });
}

function readMask(value: unknown): number {
  if (value === undefined || value === null) return 0xffff_ffff;
  return typeof value === "string" ? readUint32(value) : -1;
}

function readCount(value: unknown): number {
  const count = Number(value);
  return Number.isInteger(count) && count >= 0 && count <= 32 ? count : 0;
}

function readInfo(options: ReadonlyMap<string, unknown>): MinerInfo {
  const text = (key: string, name: string) => {
    const value = options.get(name);
    return isPlainText(value) ? { [key]: value } : {};
  };
  return {
    ...text("connectionUrl", "info.connection-url"),
    ...text("hardwareVersion", "info.hw-version"),
    ...text("softwareVersion", "info.sw-version"),
    ...text("hardwareId", "info.hw-id"),
  };
}

/** What the pool grants of what was asked. */
export interface ConfigureGrants {
  /** Bits both sides allow, see grantedMask; 0 answers version-rolling with false. */
  readonly versionMask: number;
  readonly minimumDifficulty: boolean;
  readonly subscribeExtranonce: boolean;
}

/** Bits that may be rolled: those the pool allows and the miner asked for, unsigned. 0 if it asked for none. */
export function grantedMask(poolMask: number, request: ConfigureRequest): number {
  return (poolMask & (request.versionRolling?.mask ?? 0)) >>> 0;
}

/** The result: a key for every extension listed, false for one unknown, unusable or not granted. */
export function configureResult(
  request: ConfigureRequest,
  grants: ConfigureGrants,
): { readonly [name: string]: Json } {
  const entries: [string, Json][] = [];
  for (const extension of request.extensions) {
    switch (extension) {
      case "version-rolling": {
        const granted = request.versionRolling !== undefined && grants.versionMask !== 0;
        entries.push([extension, granted]);
        if (granted) entries.push(["version-rolling.mask", hex32(grants.versionMask)]);
        break;
      }
      case "minimum-difficulty":
        entries.push([
          extension,
          grants.minimumDifficulty && request.minimumDifficulty !== undefined,
        ]);
        break;
      case "subscribe-extranonce":
        entries.push([extension, grants.subscribeExtranonce]);
        break;
      case "info":
        entries.push([extension, true]);
        break;
      default:
        entries.push([extension, false]);
    }
  }
  // fromEntries defines even "__proto__" as a plain member, where an assignment would not.
  return Object.fromEntries(entries);
}
