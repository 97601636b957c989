/** Text as letters that may stand in a query. @module */

export function encodeBase64Url(text: string): string {
  return new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** @throws {SyntaxError} @throws {TypeError} It is none, or not UTF-8. */
export function decodeBase64Url(text: string): string {
  const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
