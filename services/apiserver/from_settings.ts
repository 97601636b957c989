/**
 * The rows of settings as what apiserver works by.
 *
 * @module
 */
import type { ApiConfig } from "./api_rows.ts";
import { createSettingsForward, type SettingsForward } from "./books/mod.ts";
import { APPLY_MS } from "./limits.ts";

/** The way to payoutd for miners' changes of their settings; `apply` is null where the settings name none. */
export type Forward = Disposable & { readonly apply: SettingsForward["apply"] | null };

/**
 * @param readFile Reads a certificate. Default: Deno.readTextFileSync.
 * @throws {Deno.errors.NotFound} The certificate's file is not there; other errors of reading likewise.
 */
export function forwardOf(
  { apiPayoutd: url, apiPayoutdToken: token, apiPayoutdCa: ca }: ApiConfig,
  readFile: (path: string) => string = Deno.readTextFileSync,
): Forward {
  // The settings say both or neither.
  if (url === undefined || token === undefined) return { apply: null, [Symbol.dispose]() {} };
  return createSettingsForward({
    url: url.href,
    token,
    timeoutMs: APPLY_MS,
    ...(ca === undefined ? {} : { ca: readFile(ca) }),
  });
}
