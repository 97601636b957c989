/** What reading the books throws, as callers are told it. @module */
import { AddressError } from "@gopool/chain";
import { Code, ConnectError } from "@gopool/control";
import { isAway, PartsAway } from "../public/parts.ts";
import { BadPage } from "./pages.ts";

/** The books have no such block or miner. The message is a sentence. */
export class NotInBooks extends Error {
  override name = "NotInBooks";
}

/** Sentences for who asked; anything else is a fault, which the gateway logs. */
const CODES = [
  [AddressError, Code.InvalidArgument],
  [BadPage, Code.InvalidArgument],
  [NotInBooks, Code.NotFound],
  [PartsAway, Code.Unavailable],
] as const;

/** The error as a caller is told it. What the ledger itself says of its being away names hosts: it is not told. */
function toldOf(error: unknown): unknown {
  const found = CODES.find(([kind]) => error instanceof kind);
  if (found !== undefined) return new ConnectError((error as Error).message, found[1]);
  if (!isAway(error)) return error;
  return new ConnectError(
    "The pool's books cannot be read now: ask again in a moment",
    Code.Unavailable,
  );
}

/** A method whose errors are told as sentences. */
export function told<I extends unknown[], O>(
  work: (...request: I) => Promise<O>,
): (...request: I) => Promise<O> {
  return async (...request) => {
    try {
      return await work(...request);
    } catch (error) {
      throw toldOf(error);
    }
  };
}
