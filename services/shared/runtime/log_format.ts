/**
 * How a log line looks: JSON for machines, aligned words for people.
 *
 * @module
 */
import {
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getTextFormatter,
  type TextFormatter,
  type TextFormatterOptions,
} from "@logtape/logtape";

/** One JSON object a line: `@timestamp`, `level`, `message`, `logger`, and the facts under `facts`. */
export function jsonLines(): TextFormatter {
  return getJsonLinesFormatter({ properties: "nest:facts" });
}

/** `22:13:20.123 INF stratumd  listening  address=127.0.0.1:3333`, in local time; stacks on lines below. */
export function readableLines(colours: boolean): TextFormatter {
  const options: TextFormatterOptions = {
    timestamp: "time",
    timeZone: null,
    level: "ABBR",
    category: (category) => (category.at(-1) ?? "").padEnd(10),
    format: ({ timestamp, level, category, message, record }) =>
      `${timestamp} ${level} ${category} ${message}${tail(record.properties, colours)}`,
  };
  return colours ? getAnsiColorFormatter(options) : getTextFormatter(options);
}

function tail(facts: Record<string, unknown>, colours: boolean): string {
  let line = "";
  let below = "";
  for (const [name, value] of Object.entries(facts)) {
    if (isFault(value)) {
      line += `  ${name}=${word(`${value.name}: ${value.message}`)}`;
      below += stacks(value);
    } else line += `  ${name}=${word(value)}`;
  }
  return colours ? `\x1b[2m${line}${below}\x1b[22m` : line + below;
}

interface ShownFault {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

function isFault(value: unknown): value is ShownFault {
  return typeof value === "object" && value !== null && "message" in value && "name" in value;
}

function stacks(fault: ShownFault): string {
  const frames = (fault.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const own = frames.map((frame) => `\n    ${safe(frame.trim())}`).join("");
  if (!isFault(fault.cause)) return own;
  return `${own}\n  caused by ${safe(`${fault.cause.name}: ${fault.cause.message}`)}` +
    stacks(fault.cause);
}

/** A value as one word: quoted only where a reader could not tell where it ends. */
function word(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return safe(value);
  return safe(JSON.stringify(value));
}

/**
 * Control characters as escapes: what a miner sends as its name must neither move an operator's cursor nor
 * look like a line of ours.
 */
function safe(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
