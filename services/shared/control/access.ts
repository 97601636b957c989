/**
 * Who a caller is: by a bearer token, or by the name in a client certificate.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { Role } from "@gopool/proto/control";
import type { Caller } from "./note.ts";

/** A token and whom it stands for. */
export interface Token extends Caller {
  readonly token: string;
}

export interface AccessOptions {
  readonly tokens: readonly Token[];
  /** What the common name of a client's certificate may; a name that is not here may nothing. */
  readonly certificates?: readonly Caller[];
}

/** What a request shows of its sender. */
export interface Shown {
  /** The header, or null. */
  readonly authorization: string | null;
  /** The common name of a certificate that the configured authority has signed, or null. */
  readonly certificate: string | null;
}

/** Nobody is let in by what was shown. The sentence says what was wanted and repeats nothing of what was shown. */
export interface Refusal {
  readonly refused: string;
}

export interface Access {
  /**
   * Who shows this. A token, if one is shown, decides alone; else the certificate. Takes as long for a wrong token as
   * for a right one, however much of it is right.
   */
  who(shown: Shown): Caller | Refusal;
}

const NO_TOKEN: Refusal = {
  refused:
    "this call needs a token, as the header authorization: Bearer TOKEN; the pool's own is in the file control-token of its data folder",
};
const NOT_BEARER: Refusal = {
  refused: "the header authorization must be Bearer TOKEN",
};
const WRONG_TOKEN: Refusal = { refused: "no such token is known here" };

export function createAccess({ tokens, certificates = [] }: AccessOptions): Access {
  // Digests: compared at one length, and no token stands in memory beside its name.
  const known = tokens.map(({ token, name, roles }) => ({ digest: digest(token), name, roles }));
  return {
    who({ authorization, certificate }) {
      if (authorization !== null) {
        const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
        if (token === undefined) return NOT_BEARER;
        const shown = digest(token);
        // All of them, always: which of them it was, and whether, takes no time of its own.
        let found: Caller | null = null;
        for (const one of known) {
          if (timingSafeEqual(one.digest, shown)) found = one;
        }
        return found === null ? WRONG_TOKEN : { name: found.name, roles: found.roles };
      }
      if (certificate !== null) {
        return certificates.find(({ name }) => name === certificate) ?? {
          refused:
            "the name in this certificate stands in no entry of GOPOOL_CONTROL_CERT_ROLES, and no token was shown",
        };
      }
      return NO_TOKEN;
    },
  };
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** The roles by the names that settings use. */
export const ROLES_BY_NAME = {
  read: Role.READ,
  operate: Role.OPERATE,
  money: Role.MONEY,
  settings: Role.SETTINGS,
} as const;
