/**
 * A real browser for tests: the machine's own Chromium, driven over its debugging pipe. Imported by tests only.
 *
 * @module
 */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import axe from "axe-core";
import { skipped } from "./servers/absent.ts";

import { screenshots, Visit } from "./visit.ts";

export { screenshots, Visit };
export type { Browser, Page };

/** Where Debian's `chromium` and others put it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program; null on a machine without one, said in a sentence; with CI=true that is an error instead. */
export function findBrowser(): string | null {
  const found = PLACES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  return found ?? skipped(
    "Tests of the page in a real browser are skipped: there is no Chromium on this machine (Debian's package chromium)",
  );
}

/**
 * Starts a browser with a profile of its own, which goes with it.
 *
 * @param program From {@link findBrowser}.
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

/** How a page is looked at. */
export interface Look {
  readonly name: string;
  readonly width: number;
  readonly apply: (page: Page) => Promise<void>;
}

/** Both themes, and a phone. */
export const LOOKS: readonly Look[] = ([["light", 1280], ["dark", 1280], ["light", 360]] as const)
  .map(
    ([theme, width]) => ({
      name: width === 360 ? "phone" : theme,
      width,
      async apply(page) {
        await page.setViewport({ width, height: 800 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      },
    }),
  );

/**
 * Looks at a visited page in each way, keeps a picture of each, and gives what hinders somebody.
 *
 * @param name Of the pictures.
 */
export async function lookedAt(visit: Visit, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name: look, width, apply } of LOOKS) {
    await apply(visit.page);
    await visit.until(`!document.querySelector("main .waiting")`, `${name} to be loaded`);
    await visit.page.screenshot({ path: screenshots(`${name}-${look}.png`), fullPage: true });
    found.push(...(await hindrances(visit.page)).map((one) => `${name}, ${look}: ${one}`));
    const wide = await visit.page.evaluate("document.documentElement.scrollWidth") as number;
    if (wide > width) found.push(`${name}, ${look}: ${wide} px wide on ${width}`);
  }
  return found;
}

/**
 * Pixels of a canvas that have exactly a colour of the style sheet.
 *
 * @param canvas Its selector. @param colour As `--series-1`, written #rrggbb there.
 */
export async function inkOf(visit: Visit, canvas: string, colour: string): Promise<number> {
  return await visit.page.evaluate(
    `(${INK})(document.querySelector(${JSON.stringify(canvas)}), "${colour}")`,
  ) as number;
}

/** Runs in the page. */
const INK = `(canvas, name) => {
  if (!canvas) return 0;
  const hex = getComputedStyle(canvas).getPropertyValue(name).trim().slice(1);
  const wanted = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 255 && wanted.every((one, n) => Math.abs(data[at + n] - one) < 3)) found++;
  }
  return found;
}`;
