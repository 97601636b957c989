/**
 * Miners' signed requests, handed on to payoutd, which alone judges and follows them. Nothing is read out of them here.
 *
 * @module
 */

/** What became of a request. `why` and `changes` are sentences. */
export type SettingsVerdict =
  | { readonly kind: "applied"; readonly changes: readonly string[] }
  | {
    readonly kind: "refused";
    /** `unknown-account`: nobody has mined here by this address. `busy`: too many requests in a day. */
    readonly reason: "bad-request" | "unknown-account" | "bad-signature" | "used" | "busy";
    readonly why: string;
  };

/** payoutd cannot be asked now. The message is a sentence; asking again with the same text does it once. */
export class SettingsUnavailable extends Error {
  override name = "SettingsUnavailable";
}

export interface SettingsForward extends Disposable {
  /**
   * @param message The line, byte for byte as it was signed.
   * @throws {SettingsUnavailable}
   */
  apply(message: string, signature: string, signal?: AbortSignal): Promise<SettingsVerdict>;
}

export interface SettingsForwardOptions {
  /** Of payoutd's control address. */
  readonly url: string;
  /** With the role `settings` there. */
  readonly token: string;
  /** PEM: who signed its certificate. */
  readonly ca?: string;
}

export function createSettingsForward(_options: SettingsForwardOptions): SettingsForward {
  throw new Error("not built yet");
}
