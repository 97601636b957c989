/** What the rooms throw, as callers are told it. @module */
import { caller, Code, ConnectError, type HandlerContext } from "@gopool/control";
import { LedgerUnavailable, PayoutRefused } from "@gopool/ledger";
import type { Actor } from "@gopool/ledger/audit";
import { NoSuchUnknown } from "@gopool/ledger/blocks";
import { NodeMalformed, NodeRefused, NodeUnavailable } from "@gopool/node";
import { AlreadySplit } from "./blocks/mod.ts";
import { BadRequest, Refused, UnknownToBooks } from "./desk/mod.ts";

/** Sentences for who asked; anything else is a fault, which the server logs. */
const CODES = [
  [Refused, Code.FailedPrecondition],
  [PayoutRefused, Code.FailedPrecondition],
  [AlreadySplit, Code.FailedPrecondition],
  [UnknownToBooks, Code.NotFound],
  [NoSuchUnknown, Code.NotFound],
  [NodeUnavailable, Code.Unavailable],
  [NodeRefused, Code.Unavailable],
  [NodeMalformed, Code.Unavailable],
] as const;

/** The error as a caller is told it. */
export function toldOf(error: unknown): unknown {
  if (error instanceof BadRequest) {
    return new ConnectError(`${error.field}: ${error.message}`, Code.InvalidArgument);
  }
  if (error instanceof LedgerUnavailable) {
    const unknown = error.outcomeUnknown
      ? ". Whether it was written is not known: ask the same again, with the same request_id where there is one"
      : "";
    return new ConnectError(`${error.message}${unknown}`, Code.Unavailable);
  }
  const found = CODES.find(([kind]) => error instanceof kind);
  return found === undefined ? error : new ConnectError((error as Error).message, found[1]);
}

/** A method whose errors are told as sentences. */
export function told<I extends object, O>(
  work: (request: I, context: HandlerContext) => Promise<O>,
): (request: I, context: HandlerContext) => Promise<O> {
  return async (request, context) => {
    try {
      checkTexts(request);
      return await work(request, context);
    } catch (error) {
      throw toldOf(error);
    }
  };
}

/** PostgreSQL has no text with a NUL in it: asked for one it fails, which would look like a fault of the books. */
function checkTexts(request: object): void {
  for (const [name, value] of Object.entries(request)) {
    if (typeof value !== "string" || !value.includes("\0")) continue;
    const field = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    throw new BadRequest(field, "it has a NUL character in it, which no text in the books has");
  }
}

/** Who calls which method, and why. */
export function actorOf(
  context: HandlerContext,
  { reason, requestId }: { readonly reason: string; readonly requestId?: string },
): Actor {
  const { service, method } = context;
  // Whitespace alone says nothing.
  const words = reason.trim();
  if (words === "") throw new BadRequest("reason", "say why: it is kept for good");
  return {
    who: caller(context).name,
    method: `${service.name}/${method.name}`,
    reason: words,
    ...requestId === undefined ? {} : { requestId },
  };
}
