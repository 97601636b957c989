/**
 * A real browser for tests: the machine's own Chromium, driven over its debugging pipe. Imported by tests only.
 *
 * @module
 */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import axe from "axe-core";

export type { Browser, Page };

/** Where Debian's `chromium` and others put it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program; null where the machine has none. */
export function findChromium(): string | null {
  return PLACES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

/**
 * Starts a browser with a profile of its own, which goes with it.
 *
 * @param program From {@link findChromium}.
 */
export async function openBrowser(program: string): Promise<Browser & AsyncDisposable> {
  const profile = await Deno.makeTempDir({ prefix: "gopool-browser-" });
  const browser = await puppeteer.launch({
    executablePath: program,
    userDataDir: profile,
    // Tests run as root in CI; the pages are our own.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      // Nothing that the browser would ask its maker for.
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
    ],
  });
  return Object.assign(browser, {
    async [Symbol.asyncDispose]() {
      await browser.close();
      await Deno.remove(profile, { recursive: true }).catch(() => {});
    },
  });
}

/** What a page is found to hinder people by, one sentence each; empty where it hinders nobody that axe can see. */
export async function hindrances(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // Its tags: what WCAG 2.2 asks for at level AA, and what experience does.
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate(
    `axe.run(document, ${JSON.stringify({ runOnly: { type: "tag", values: tags } })})`,
  ) as axe.AxeResults;
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target} ${failureSummary}`)
  );
}
