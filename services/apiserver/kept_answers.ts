/**
 * The gateway's methods before the kept answers: an interceptor that calls them only for what nobody has answered.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Interceptor } from "@gopool/control/gateway";
import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@gopool/proto/reflect";
import type { Answers } from "./answers.ts";
import { ttlOf } from "./ttl.ts";

/** Between the interceptor and who sends the answer: for how many ms it may be shown again. Taken out there. */
export const FRESH_MS = "gopool-fresh-ms";

/**
 * @param generation Changes when an operator flushes: what was kept before is not looked at.
 * @param onAnswer Told how each was had.
 */
export function keptAnswers(
  answers: Answers,
  generation: () => string,
  onAnswer: (from: "made" | "shared") => void,
): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return await next(request);
    const ttl = ttlOf(request.method);
    if (ttl === null) {
      const response = await next(request);
      response.header.set("cache-control", "no-store");
      return response;
    }
    const { method, service } = request;
    const asked = createHash("sha256").update(toBinary(method.input, request.message));
    const name = `${generation()}:${method.parent.name}/${method.name}:${
      asked.digest("base64url").slice(0, 32)
    }`;
    const answer = await answers.get(name, ttl, async () => {
      const response = await next(request);
      if (response.stream) throw new TypeError(`${method.name} is no stream`);
      const message = response.message as MessageShape<DescMessage>;
      return { bytes: toBinary(method.output, message), isDegraded: isDegraded(message) };
    });
    onAnswer(answer.from);
    return {
      stream: false,
      service,
      method,
      header: new Headers({ [FRESH_MS]: String(Math.floor(answer.freshMs)) }),
      trailer: new Headers(),
      message: fromBinary(method.output, answer.bytes),
    };
  };
}

/** Every answer that rests on a store says in `freshness` whether something is missing. */
function isDegraded(message: MessageShape<DescMessage>): boolean {
  const { freshness } = message as { readonly freshness?: { readonly stale?: boolean } };
  return freshness?.stale === true;
}
