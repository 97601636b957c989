/**
 * A real browser, or not there.
 *
 * @module
 */
import { findChromium } from "@gopool/testing/browser";
import { skipped } from "./absent.ts";

/** The machine's own; null on a machine without one, said in a sentence; with CI=true that is an error instead. */
export function findBrowser(): string | null {
  return findChromium() ?? skipped(
    "Tests of the page in a real browser are skipped: there is no Chromium on this machine (Debian's package chromium)",
  );
}
