/**
 * JSON.parse turns 12345678901234567890 into another number and forgets how a string was escaped; an id has
 * to be echoed as it came. This walks text already known to be valid JSON and finds a member's own text.
 *
 * (The reviver's `context.source` says the same, at several times the cost and recursively; the tests hold
 * the two against each other.)
 *
 * @module
 */

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/**
 * Walks the members of the outermost object.
 *
 * @param text A valid JSON text whose root is an object.
 * @returns The JSON text of the last member called `name`, or undefined; and how deep the text nests (1 for
 * an object of scalars).
 */
export function walkTopLevel(
  text: string,
  name: string,
): { raw: string | undefined; depth: number } {
  let raw: string | undefined;
  let deepest = 1;
  let at = skipSpace(text, 0) + 1;
  while (true) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) === COMMA) {
      at = skipSpace(text, at + 1);
    }
    if (text.charCodeAt(at) !== QUOTE) return { raw, depth: deepest };
    const keyEnd = stringEnd(text, at);
    const isWanted = keyIs(text, at, keyEnd, name);
    at = skipSpace(text, keyEnd);
    if (text.charCodeAt(at) === COLON) at = skipSpace(text, at + 1);
    const valueStart = at;
    let depth = 1;
    do {
      switch (text.charCodeAt(at)) {
        case QUOTE:
          at = stringEnd(text, at);
          break;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          if (++depth > deepest) deepest = depth;
          at++;
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          depth--;
          at++;
          break;
        default:
          at = depth > 1 ? at + 1 : scalarEnd(text, at);
      }
    } while (depth > 1 && at < text.length);
    if (isWanted) raw = text.slice(valueStart, at);
  }
}

/** Position after the closing quote of the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return at;
}

function scalarEnd(text: string, at: number): number {
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_OBJECT || isSpace(code)) break;
    at++;
  }
  return at;
}

function keyIs(text: string, start: number, end: number, name: string): boolean {
  const inner = text.slice(start + 1, end - 1);
  // A key may be spelt with escapes ("\u0069d"): then only JSON.parse knows what it says.
  return inner.includes("\\") ? JSON.parse(text.slice(start, end)) === name : inner === name;
}

function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
