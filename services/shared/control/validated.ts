/**
 * Requests are held against the rules in their protos before anything else happens with them.
 *
 * @module
 */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";
import { ValidationError } from "@gopool/proto/validate";
import { VIOLATIONS_MAX } from "./limits.ts";

/**
 * Refuses a request that breaks a rule with `invalid_argument` and a sentence for each field; the library's own says the
 * first and counts the others. The violations are a detail of the error too, for programs.
 */
export function validated(): Interceptor {
  const library = createValidateInterceptor();
  return (next) => {
    const checked = library(next);
    return async (request) => {
      try {
        return await checked(request);
      } catch (error) {
        throw inWords(error);
      }
    };
  };
}

function inWords(error: unknown): unknown {
  if (!(error instanceof ConnectError) || !(error.cause instanceof ValidationError)) return error;
  const { violations } = error.cause;
  const words = violations.slice(0, VIOLATIONS_MAX).map(String);
  if (violations.length > VIOLATIONS_MAX) {
    words.push(`and ${violations.length - VIOLATIONS_MAX} more`);
  }
  const told = new ConnectError(
    words.join("; "),
    Code.InvalidArgument,
    error.metadata,
    undefined,
    error.cause,
  );
  told.details = error.details;
  return told;
}
