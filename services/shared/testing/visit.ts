/**
 * One look at the page in a browser tab, and what went wrong in it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";

const FOLDER = new URL("../../../data/screenshots/", import.meta.url);

/** Where a screenshot of the run is kept. */
export function screenshots(name: string): string {
  Deno.mkdirSync(FOLDER, { recursive: true });
  return new URL(name, FOLDER).pathname;
}

/** How long a page may take to show something that is there: the machine is shared, and a page draws in milliseconds. */
const SHOWN_MS = 30_000;

export class Visit implements AsyncDisposable {
  /** Errors of the page, and requests that went elsewhere. */
  readonly #troubles: string[] = [];

  private constructor(readonly page: Page, origin: string) {
    page.on("pageerror", (error) => this.#troubles.push(String(error)));
    page.on("console", (message) => {
      const { text, type } = { text: message.text(), type: message.type() };
      // Of the tests' own look at a canvas.
      if (text.includes("willReadFrequently")) return;
      if (type === "error" || type === "warn") this.#troubles.push(text);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== "data:") this.#troubles.push(`asked ${url}`);
    });
  }

  /** @param cached False: as by somebody who has never been here. */
  static async open(browser: Browser, url: string, { cached = true } = {}): Promise<Visit> {
    const page = await browser.newPage();
    await page.setCacheEnabled(cached);
    const visit = new Visit(page, new URL(url).origin);
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(url, { waitUntil: "load" });
    return visit;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, what: string, timeoutMs = SHOWN_MS): Promise<void> {
    try {
      await this.page.waitForFunction(expression, { timeout: timeoutMs, polling: 100 });
    } catch (error) {
      const shown = await this.page.evaluate("document.body.innerText").catch(() => "nothing");
      throw new Error(
        `Waited ${timeoutMs} ms for ${what}. Troubles: ${
          JSON.stringify(this.#troubles)
        }. The page shows:\n${shown}`,
        { cause: error },
      );
    }
  }

  /** The text of an element. */
  text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) => element.textContent ?? "");
  }

  /** @throws {AssertionError} The page had errors, or asked somebody else than the pool. */
  assertQuiet(but?: RegExp): void {
    assertEquals(this.#troubles.filter((trouble) => but === undefined || !but.test(trouble)), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}
