/**
 * Reading a call's parameters, with Bitcoin Core's complaints.
 *
 * @module
 */
import { type Hash, hashFromDisplay } from "@gopool/chain";
import { RPC, RpcError } from "./rpc_error.ts";

/** Positional parameters of one call; absent and null are the same. */
export class Params {
  constructor(
    readonly method: string,
    readonly names: readonly string[],
    readonly values: readonly unknown[],
  ) {}

  /**
   * From what stood in the request: a list, or an object with the names.
   *
   * @throws {RpcError} Neither, too many, or an unknown name.
   */
  static read(method: string, names: readonly string[], given: unknown): Params {
    if (given === undefined || given === null) return new Params(method, names, []);
    if (Array.isArray(given)) {
      if (given.length > names.length) {
        throw new RpcError(RPC.MISC_ERROR, [method, ...names].join(" "));
      }
      return new Params(method, names, given);
    }
    if (typeof given !== "object") {
      throw new RpcError(RPC.INVALID_REQUEST, "Params must be an array or object");
    }
    const stranger = Object.keys(given).find((name) => !names.includes(name));
    if (stranger !== undefined) {
      throw new RpcError(RPC.INVALID_PARAMETER, `Unknown named parameter ${stranger}`);
    }
    return new Params(method, names, names.map((name) => (given as Record<string, unknown>)[name]));
  }

  has(at: number): boolean {
    return this.values[at] !== undefined && this.values[at] !== null;
  }

  string(at: number): string {
    return this.#typed(at, "string") as string;
  }

  integer(at: number): number {
    const value = this.#typed(at, "number") as number;
    if (!Number.isSafeInteger(value)) {
      throw new RpcError(RPC.PARSE_ERROR, "JSON integer out of range");
    }
    return value;
  }

  boolean(at: number, fallback: boolean): boolean {
    return this.has(at) ? this.#typed(at, "boolean") as boolean : fallback;
  }

  object(at: number): Record<string, unknown> {
    if (!this.has(at)) return {};
    const value = this.values[at];
    if (typeof value !== "object" || Array.isArray(value)) throw this.#wrongType(value, "object");
    return value as Record<string, unknown>;
  }

  /** A hash in display form. */
  hash(at: number): Hash {
    const text = this.string(at);
    const name = this.names[at];
    if (text.length !== 64) {
      throw new RpcError(
        RPC.INVALID_PARAMETER,
        `${name} must be of length 64 (not ${text.length}, for '${text.slice(0, 80)}')`,
      );
    }
    if (!/^[0-9a-f]*$/i.test(text)) {
      throw new RpcError(
        RPC.INVALID_PARAMETER,
        `${name} must be hexadecimal string (not '${text}')`,
      );
    }
    return hashFromDisplay(text);
  }

  #typed(at: number, type: "string" | "number" | "boolean"): unknown {
    // A call without a parameter that it needs is answered with how to call it.
    if (!this.has(at)) throw new RpcError(RPC.MISC_ERROR, [this.method, ...this.names].join(" "));
    const value = this.values[at], found = typeof value;
    if (found !== type) throw this.#wrongType(value, type);
    return value;
  }

  #wrongType(value: unknown, wanted: string): RpcError {
    const type = Array.isArray(value)
      ? "array"
      : typeof value === "boolean"
      ? "bool"
      : typeof value;
    return new RpcError(
      RPC.TYPE_ERROR,
      `JSON value of type ${type} is not of expected type ${
        wanted === "boolean" ? "bool" : wanted
      }`,
    );
  }
}

/** Bytes of a hex string, null where it is none: what that means is the method's to say. */
export function bytesFromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  try {
    return Uint8Array.fromHex(text);
  } catch {
    return null;
  }
}
