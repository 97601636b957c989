/**
 * What may be shown of text that can carry a secret. Used where settings are printed and by the log.
 *
 * @module
 */

export const HIDDEN = "(hidden)";

/** Names whose values are never shown, whatever stands around the word. */
const SECRET_NAME = /passw|passphrase|token|secret|cookie|authorization|credential|api_?key/i;

/** Says whether a setting, fact or query parameter of this name is kept from view. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

// RFC 3986 3.2.1: user information stands before the last "@" of the authority, which ends at "/", "?" or "#".
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi;
const QUERY_PARAMETER = /([?&]([^=&\s#"']+)=)[^&\s#"']+/g;

/** Takes `user:password@` and secret query parameters out of every URL in the text. */
export function redactUrls(text: string): string {
  // Most text has neither; the two searches are cheaper than the two replacements.
  if (!text.includes("://") && !text.includes("?")) return text;
  return text.replace(USER_INFO, "$1***@").replace(
    QUERY_PARAMETER,
    (whole, start: string, name: string) => isSecretName(name) ? start + "***" : whole,
  );
}
