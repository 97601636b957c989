/**
 * Names as tags. The server stores a wrong row, refuses the whole batch, or never starts again for some characters, and
 * has no empty tag; so what is unsafe is written as `%XX` or `%uXXXX`, and nothing as a lone `%`. Reversible: names that
 * differ stay different.
 *
 * @module
 */

/** Backslash, control characters, line ends of Unicode, half a surrogate pair, blanks at the ends, and % itself. */
const UNSAFE = /[\\%\p{Cc}\p{Cs}\u2028\u2029]|^ | $/gu;
const WRITTEN = /%u([0-9A-F]{4})|%([0-9A-F]{2})/g;
const EMPTY = "%";

export function tagOf(name: string): string {
  if (name === "") return EMPTY;
  return name.replace(UNSAFE, (sign) => {
    const code = sign.charCodeAt(0);
    const hex = code.toString(16).toUpperCase();
    return code < 0x100 ? `%${hex.padStart(2, "0")}` : `%u${hex.padStart(4, "0")}`;
  });
}

export function nameOf(tag: string): string {
  if (tag === EMPTY) return "";
  return tag.replace(
    WRITTEN,
    (_, wide: string | undefined, narrow: string) =>
      String.fromCharCode(parseInt(wide ?? narrow, 16)),
  );
}
