/**
 * What columns read as, and what may be given for a parameter.
 *
 * @module
 */
import pg from "pg";

const { builtins } = pg.types;

/** Arrays have types of their own: pg_type's oids of int8[], numeric[] and bytea[]. */
const INT8_ARRAY = 1016;
const NUMERIC_ARRAY = 1231;
const BYTEA_ARRAY = 1001;

type Parser = (text: string) => unknown;

const builtin = (id: number): Parser => pg.types.getTypeParser(id, "text") as Parser;
const bytes: Parser = (text) => new Uint8Array(builtin(builtins.BYTEA)(text) as Uint8Array);

/** Text of these comes as PostgreSQL writes it; everything else is read as npm:pg reads it. */
const PARSERS = new Map<number, Parser>([
  [builtins.INT8, BigInt],
  [builtins.NUMERIC, whole],
  [builtins.BYTEA, bytes],
  [INT8_ARRAY, arrayOf(BigInt)],
  [NUMERIC_ARRAY, arrayOf(whole)],
  [BYTEA_ARRAY, (text) =>
    (builtin(BYTEA_ARRAY)(text) as (Uint8Array | null)[])
      .map((one) => one === null ? null : new Uint8Array(one))],
]);

/** For npm:pg's `types`. Values in the binary format are never asked for. */
export const types = {
  getTypeParser: (id: number, format?: "text" | "binary") =>
    (format !== "binary" && PARSERS.get(id)) ||
    pg.types.getTypeParser(id, format as "text"),
};

/** Money is whole: a fraction, or what is no number, is a fault of the statement. */
function whole(text: string): bigint {
  // numeric(p, s) writes its zeros: "12.00" is whole.
  const [, digits] = /^(-?\d+)(?:\.0*)?$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new RangeError(
      `The ledger answered ${text} where only whole numbers may stand: use div()`,
    );
  }
  return BigInt(digits);
}

function arrayOf(read: (text: string) => unknown): Parser {
  const nested = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(nested) : value === null ? null : read(value as string);
  // The reader of text[]: elements as PostgreSQL writes them.
  const texts = builtin(1009);
  return (text) => nested(texts(text));
}

/**
 * A parameter as npm:pg is given it. An array is an array to the server; of a plain object it makes JSON.
 *
 * @throws {TypeError} What no column can hold as it is: undefined, a number that is none, a bigint inside JSON.
 */
export function parameter(value: unknown): unknown {
  if (value === undefined) {
    throw new TypeError("A parameter is undefined: null is meant, or a mistake");
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`A parameter is ${value}`);
  }
  if (Array.isArray(value)) return value.map(parameter);
  if (value === null || typeof value !== "object") return value;
  if (ArrayBuffer.isView(value)) return value;
  return JSON.stringify(value, (_key, part) => {
    // As a number it would be rounded by whoever reads it.
    if (typeof part === "bigint") throw new TypeError("JSON has no bigint: give it as text");
    return part;
  });
}
