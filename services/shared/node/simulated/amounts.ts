/**
 * Amounts as Bitcoin Core writes and reads them in JSON: bitcoins with eight decimals (core_io.h ValueFromAmount,
 * rpc/util.cpp AmountFromValue).
 *
 * @module
 */
import { satsOfDecimal } from "../amount.ts";
import { RPC, RpcError } from "./rpc_error.ts";

/** What JSON.stringify writes as it stands (TC39, JSON.parse source text access); this TypeScript has no name for it. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A number in JSON that is the amount to the last digit. */
export function bitcoins(sats: bigint): unknown {
  const digits = sats.toString().padStart(9, "0");
  return rawJSON(`${digits.slice(0, -8)}.${digits.slice(-8)}`);
}

/**
 * A fee rate of a request, in satoshis per 1000 virtual bytes, from a number or a text.
 *
 * @throws {RpcError} It is none.
 */
export function rateOf(value: unknown): bigint {
  if (typeof value !== "number" && typeof value !== "string") {
    throw new RpcError(RPC.TYPE_ERROR, "Amount is not a number or string");
  }
  // A number was a double before anybody here saw it; its shortest text is what was written.
  const sats = satsOfDecimal(String(value));
  if (sats === null) throw new RpcError(RPC.TYPE_ERROR, "Invalid amount");
  return sats;
}
