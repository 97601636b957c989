/**
 * What can go wrong, in sentences that say what to do, and as exit codes.
 *
 * @module
 */
import { ConfigError } from "@gopool/config";
import { Code, ConnectError } from "@gopool/control";
import { CommanderError } from "commander";

/** How the command line ends. */
export const EXIT = {
  /** All is well and done. */
  well: 0,
  /** Something is not well, was refused, or is not there. */
  not: 1,
  /** A mistake in what was asked or in the settings. */
  mistake: 2,
  /** Nothing answers, or it does not know the token. */
  unanswered: 3,
} as const;

/** Told in a sentence. */
export class Told extends Error {
  override name = "Told";
  constructor(sentence: string, readonly code: number = EXIT.not) {
    super(sentence);
  }
}

/** What was found is not well, and has been told already. */
export class NotWell extends Error {
  override name = "NotWell";
}

/** What is said of an error, null where it has been said; and how the process ends. */
export function verdictOf(error: unknown): { sentence: string | null; code: number } {
  if (error instanceof CommanderError) {
    return { sentence: null, code: error.exitCode === 0 ? EXIT.well : EXIT.mistake };
  }
  if (error instanceof NotWell) return { sentence: null, code: EXIT.not };
  if (error instanceof Told) return { sentence: error.message, code: error.code };
  if (error instanceof ConfigError) return { sentence: error.message, code: EXIT.mistake };
  if (error instanceof ConnectError) return saidByServer(error);
  // A fault of this program: where it came from helps.
  return { sentence: String((error as Error)?.stack ?? error), code: EXIT.not };
}

function saidByServer({ code, rawMessage }: ConnectError): { sentence: string; code: number } {
  switch (code) {
    case Code.InvalidArgument:
    case Code.OutOfRange:
      return { sentence: sentence(rawMessage), code: EXIT.mistake };
    case Code.Unauthenticated:
      return { sentence: `${sentence(rawMessage)}. ${TOKEN_ADVICE}`, code: EXIT.unanswered };
    case Code.PermissionDenied:
      return {
        sentence: `${sentence(rawMessage)}. Ask who runs the pool for a token with that role`,
        code: EXIT.not,
      };
    case Code.Unimplemented:
      return {
        sentence: `That process does not know this call (${rawMessage}): is it of another version?`,
        code: EXIT.not,
      };
    case Code.DeadlineExceeded:
      return {
        sentence:
          "There was no answer in time. What was asked for may have been done all the same: look before asking again",
        code: EXIT.unanswered,
      };
    case Code.Unavailable:
      return { sentence: sentence(rawMessage), code: EXIT.unanswered };
    default:
      return { sentence: sentence(rawMessage), code: EXIT.not };
  }
}

export const TOKEN_ADVICE =
  "Set GOPOOL_CONTROL_TOKEN (or GOPOOL_CONTROL_TOKEN_FILE), or GOPOOL_DATA_DIR to the pool's data folder, where it keeps a token of its own";

/** What the server said as a sentence; a field's or a method's name at its beginning stays as it is written. */
function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, "");
  if (trimmed === "") return "It was refused without a reason";
  return /^[\w.\[\]]+:|^\w+[._]\w/.test(trimmed)
    ? trimmed
    : trimmed[0]!.toUpperCase() + trimmed.slice(1);
}
