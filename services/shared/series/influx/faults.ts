/**
 * What the server's answers mean, sorted by what is to be done about them.
 *
 * @module
 */
import { SeriesUnavailable } from "../port.ts";

/** The server looked at a batch and will not have it, now or later: some line of it is bad. */
export class Refused extends Error {
  override name = "Refused";
}

/** More files than the server opens for one question: ask for less time. */
export class TooManyFiles extends Error {
  override name = "TooManyFiles";
}

/** A database or table that nobody has made. */
export class NotThere extends SeriesUnavailable {}

/** A line of a batch that the server refused, by its place in it. */
export interface RefusedLine {
  readonly at: number;
  readonly why: string;
}

/** What a question failed with. @param name The server's, for people. */
export function queryFault(name: string, error: unknown): Error {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = decodeURIComponentSafe(String(message));
  if (/file limit/i.test(text)) return new TooManyFiles(text);
  if (/database.*(not found|cannot retrieve)|cannot retrieve database/i.test(text)) {
    return new NotThere(`${name} has no such database yet`, { cause: error });
  }
  if (/table '[^']*' not found/i.test(text)) {
    return new NotThere(`${name} has not all tables yet`, { cause: error });
  }
  if (code === "UNAUTHENTICATED" || code === "PERMISSION_DENIED") {
    return new SeriesUnavailable(`${name} refuses the token`, { cause: error });
  }
  return away(name, "answers no questions", error);
}

/**
 * What an answer to a write means that is no success. Only 400 is about the lines: whatever else is said, as by a proxy,
 * or of a limit on databases, they are good, and somebody has to mend it.
 */
export function writeFault(name: string, status: number, message: string): Error {
  if (status === 401 || status === 403) return new SeriesUnavailable(`${name} refuses the token`);
  if (status === 400) return new Refused(message);
  return away(name, "takes no writes", new Error(`${status} ${message}`));
}

/** @param what What it does not do: "takes no writes". */
export function away(name: string, what: string, error: unknown): SeriesUnavailable {
  const why = error instanceof Error ? error.message || error.name : String(error);
  const line = why.split("\n")[0]!.slice(0, 300);
  return new SeriesUnavailable(`${name} ${what}: ${line}`, { cause: error });
}

/** The server's list of bad lines; null where its answer is none. */
export function refusedLines(body: string): RefusedLine[] | null {
  try {
    const { data } = JSON.parse(body) as {
      data?: readonly { readonly line_number: number; readonly error_message: string }[];
    };
    if (!Array.isArray(data)) return null;
    return data.map((one) => ({ at: one.line_number - 1, why: one.error_message }));
  } catch {
    return null;
  }
}

/** gRPC writes a message's unusual characters as %XX. */
function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
