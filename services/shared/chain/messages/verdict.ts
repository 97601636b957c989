/** Whether somebody who controls an address signed a message. */
export type MessageVerdict =
  | { readonly kind: "valid"; readonly form: "bip137" | "bip322" }
  /** `why` is the rest of a sentence: "the signature …". */
  | { readonly kind: "invalid"; readonly why: string }
  /** It may be right, but is not judged here: another kind of address or signature. */
  | { readonly kind: "unknown"; readonly why: string };

export function invalid(why: string): MessageVerdict {
  return { kind: "invalid", why };
}

export function unknown(why: string): MessageVerdict {
  return { kind: "unknown", why };
}
