/**
 * The page in a real browser, with figures that the demo pool never shows: large ones, refused shares, orphaned blocks,
 * a store that is away.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { tempDir, waitFor } from "@gopool/testing";
import {
  type Browser,
  findBrowser,
  inkOf,
  lookedAt,
  openBrowser,
  Visit,
} from "@gopool/testing/browser";
import { openPage } from "./mod.ts";
import { pagePreparation } from "./prepare.ts";
import { stubApi } from "./stub_fixture.ts";
import { ADDRESS } from "./stub_figures_fixture.ts";

const chromium = findBrowser();

/** The page with made-up figures, and a browser before it. */
async function withPage(look: (browser: Browser, origin: string) => Promise<void>): Promise<void> {
  await using folder = await tempDir();
  const args = pagePreparation(folder.path)!;
  await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  const page = await openPage({ folder: folder.path });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => stubApi(request) ?? page.fetch(request) ?? new Response(null, { status: 404 }),
  );
  await using browser = await openBrowser(chromium!);
  await look(browser, `http://127.0.0.1:${server.addr.port}`);
}

Deno.test({
  name: "the page with much to show: charts of all kinds, and nobody is hindered",
  ignore: chromium === null,
  fn: () =>
    withPage(async (browser, origin) => {
      const found: string[] = [];
      for (const [name, path] of [["much", "/"], ["much-miner", `/miner/${ADDRESS}`]] as const) {
        await using visit = await Visit.open(browser, origin + path);
        await visit.until(`document.querySelector("canvas")`, "a chart");
        found.push(...await lookedAt(visit, name));
        visit.assertQuiet();
      }
      assertEquals(found, []);

      await using visit = await Visit.open(browser, `${origin}/miner/${ADDRESS}`);
      for (
        const [section, colour] of [
          ["chart", "--series-1"],
          ["chart", "--series-2"],
          ["earnings", "--series-4"],
        ] as const
      ) {
        const plots = `[aria-labelledby="${section}"] figure${
          colour === "--series-2" ? ":nth-of-type(2)" : ""
        } canvas`;
        await waitFor(
          async () => await inkOf(visit, plots, colour) > 100,
          `${colour} in ${section}`,
        );
      }
      // The same figures as a table.
      await visit.page.click(".chart summary");
      await visit.until(`document.querySelectorAll(".chart tbody tr").length > 100`, "the table");
    }),
});

Deno.test({
  name: "the page where a store is away shows the rest, and nothing that is not known as nothing",
  ignore: chromium === null,
  fn: () =>
    withPage(async (browser, origin) => {
      await using visit = await Visit.open(browser, `${origin}/miner/bc1qstalestalestale`);
      await visit.until(`document.querySelector(".stale")`, "the word about it");
      await visit.until(`document.querySelector("#speeds")`, "the section of speeds");
      assertMatch(
        await visit.text('[aria-labelledby="speeds"] .empty'),
        /Not known now/,
      );
      assert(/sats|BTC/.test(await visit.text(".next")), "the balance is there");
      assertEquals(await lookedAt(visit, "stale"), []);
      visit.assertQuiet();
    }),
});

Deno.test({
  name: "the page's form sends what was signed, and shows what the pool says",
  ignore: chromium === null,
  fn: () =>
    withPage(async (browser, origin) => {
      await using visit = await Visit.open(browser, `${origin}/miner/${ADDRESS}`);
      await visit.until(`document.querySelector(".change summary")`, "the settings");
      await visit.page.click(".change summary");
      await visit.page.type("#settings-signature", "bm8gc2lnbmF0dXJl");
      await visit.page.click(".change button.main");
      await visit.until(
        `document.querySelector(".change .notice.bad")?.textContent.includes("not of this address")`,
        "the refusal in words",
      );
      visit.assertQuiet(/status of 400/);
    }),
});
