/**
 * The page as visitors meet it: `deno task start` from nothing, the demo miner, and a real browser on this machine that
 * may ask nobody but the pool. Screenshots of each page in both themes and at a phone's width stay in
 * `data/screenshots/`.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { canonicalAddress, fromHex } from "@gopool/chain";
import {
  type Browser,
  findBrowser,
  inkOf,
  lookedAt,
  openBrowser,
  Visit,
} from "@gopool/testing/browser";
import { systemClock } from "@gopool/runtime";
import { tempDir, waitFor } from "@gopool/testing";
import { ownPool, RunningTask } from "@gopool/poold/child_fixture";

const chromium = findBrowser();

/** The demo miner's first whole minute, counted and settled, takes up to two. */
const COUNTED_MS = 180_000;

/** A chart's answer is kept by the API for up to 40 s, and the page asks again every 30 s. */
const KEPT_MS = 150_000;

interface Pool {
  readonly browser: Browser;
  readonly origin: string;
}

/** The visitor and the test are one client, whom the pool lets ask ten times a second: most is left to the visitor. */
const ASK_EVERY_MS = 500;

/** What the page asks of the API, for a test that needs a name out of it. */
async function ask<T>({ origin }: Pool, path: string): Promise<T> {
  await systemClock.sleep(ASK_EVERY_MS);
  return await (await fetch(`${origin}/api/v1/${path}`)).json();
}

async function demoMiner(pool: Pool): Promise<string> {
  return await waitFor(
    async () => {
      const { blocks } = await ask<{ blocks?: { finder?: string }[] }>(pool, "blocks");
      return blocks?.[0]?.finder;
    },
    "a block of the demo miner",
    { deadlineMs: 60_000 },
  );
}

Deno.test({
  name: "the page: living within a minute of `deno task start`, whole, and for everybody",
  ignore: chromium === null,
  async fn(test) {
    await using folder = await tempDir();
    const env = ownPool(folder.join("data"));
    await using task = new RunningTask("start", env);
    const origin = `http://${env["GOPOOL_API_LISTEN"]}`;
    assertStringIncludes(await task.says("The pool's page is at", 60_000), origin);
    await task.says("is accepted", 60_000);
    await using browser = await openBrowser(chromium!);
    const pool = { browser, origin };

    await test.step("lives: figures change by themselves", () => lives(pool));
    await test.step("is found by keyboard alone, and can be reloaded", () => keyboard(pool));
    await test.step("says what it does not know", () => unknown(pool));
    await test.step("keeps the colours that were chosen", () => colours(pool));
    // Meanwhile the first minute is counted.
    await test.step("hinders nobody: blocks, payouts, how to connect", () =>
      everybody(pool, MONEY));
    await test.step("draws its charts", () => charts(pool));
    await test.step("hinders nobody: the pool, a miner", () => everybody(pool, SPEEDS));
    await test.step("stands still where the pool has gone, and says so", async () => {
      await using visit = await Visit.open(browser, `${origin}/`);
      await visit.until(isLiving, "live figures");
      task.signal("SIGINT");
      await visit.until(
        `document.querySelector(".told")?.textContent.includes("looking for the pool")`,
        "the page to say that the pool has gone",
      );
      assertMatch(await visit.text(".large .number"), /\d/);
      assertEquals(await task.ended(), 0);
    });
  },
});

const isLiving = `document.querySelector(".number")?.dataset.live === "yes"`;

async function lives({ browser, origin }: Pool): Promise<void> {
  await using visit = await Visit.open(browser, `${origin}/`);
  await visit.until(isLiving, "live figures");
  assertMatch(await visit.text(".large"), /\d.*H\/s/);
  await visit.until(`document.querySelector(".next .lines")`, "how near a block is");
  const before = await visit.text(".next .lines");
  // The demo finds a block every few seconds, and the page is never told to ask for it.
  await visit.until(
    `document.querySelector(".next .lines").textContent !== ${JSON.stringify(before)}`,
    "a new block on the page",
    60_000,
  );
  assertEquals(await visit.text("header .brand"), "gopool");
  visit.assertQuiet();
}

async function keyboard(pool: Pool): Promise<void> {
  const address = await demoMiner(pool);
  await using visit = await Visit.open(pool.browser, `${pool.origin}/connect`);
  const { page } = visit;
  await visit.until(`document.querySelector(".qr path")`, "the QR code");
  const active = () => page.evaluate("document.activeElement?.id ?? ''");
  for (let presses = 0; await active() !== "search"; presses++) {
    assert(presses < 12, "the search field is not among the first to be reached by Tab");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type(`${address}.demo`);
  await page.keyboard.press("Enter");
  await visit.until(`location.pathname === "/miner/${address}"`, "the miner's page");
  await visit.until(`document.querySelector(".meter strong")`, "the miner's balance");

  await page.goBack();
  await visit.until(
    `document.querySelector("h1")?.textContent === "Connect a miner"`,
    "the way back",
  );
  await page.goForward();
  await page.reload();
  await visit.until(
    `document.querySelector(".whose .code")?.textContent === "${address}"`,
    "it again",
  );
  visit.assertQuiet();
}

async function colours({ browser, origin }: Pool): Promise<void> {
  await using visit = await Visit.open(browser, `${origin}/connect`);
  const ground = () =>
    visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  await visit.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  await visit.until(`document.querySelector("footer input[value=dark]")`, "the choice");
  const light = await ground();
  await visit.page.focus("footer input:checked");
  // From "as the system" over "light" to "dark".
  await visit.page.keyboard.press("ArrowRight");
  await visit.page.keyboard.press("ArrowRight");
  await waitFor(async () => await ground() !== light, "dark colours");
  const dark = await ground();
  await visit.page.reload();
  assertEquals(await ground(), dark);

  // And back: the other steps look at both themes as the system's.
  await visit.until(
    `document.querySelector("footer input[value=dark]:checked")`,
    "the choice again",
  );
  await visit.page.focus("footer input:checked");
  await visit.page.keyboard.press("ArrowLeft");
  await visit.page.keyboard.press("ArrowLeft");
  await waitFor(async () => await ground() === light, "the system's colours");
  visit.assertQuiet();
}

async function unknown({ browser, origin }: Pool): Promise<void> {
  // Of regtest, and of nobody: a hash of zeros.
  const nobody = canonicalAddress(fromHex(`0014${"00".repeat(20)}`), "regtest")!;
  const says: [path: string, words: RegExp][] = [
    [`/miner/${nobody}`, /first share/],
    ["/miner/bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", /address|network/],
    [`/blocks/${"ab".repeat(32)}`, /block/i],
    ["/no/such", /no such page/],
  ];
  for (const [path, words] of says) {
    await using visit = await Visit.open(browser, origin + path);
    await visit.until(
      `${words}.test(document.querySelector("main").textContent)`,
      `${path} to say ${words}`,
    );
    await visit.until(`!document.querySelector("main .waiting")`, `${path} to come to an end`);
    // The browser itself complains of the 404 and 400 that are the very answer.
    visit.assertQuiet(/status of 40[04]/);
  }
}

async function charts(pool: Pool): Promise<void> {
  const address = await demoMiner(pool);
  const miner = `/miner/${address}`;
  const charts = ["pool/chart", `miners/${address}/chart`].map((path) =>
    `${path}?range=CHART_RANGE_1H`
  );
  await waitFor(
    async () => {
      const answers = await Promise.all(charts.map((path) => ask<ChartJson>(pool, path)));
      return answers.every(({ points }) =>
        points?.some(({ sharesValid }) => Number(sharesValid) > 0)
      );
    },
    "figures of the first minute",
    { deadlineMs: COUNTED_MS },
  );
  for (const path of ["/", miner]) {
    const chart = `[aria-labelledby="chart"] .plot`;
    // Charts that were empty when they were asked for before are kept by the browser for a while.
    await using visit = await Visit.open(pool.browser, pool.origin + path, { cached: false });
    await visit.until(
      `/\\d/.test(document.querySelector(\`${chart}\`)?.getAttribute("aria-valuetext")?.split(": ")[1] ?? "")`,
      `figures in the chart of ${path}`,
      KEPT_MS,
    );
    const ink = () => inkOf(visit, `${chart} canvas`, "--series-1");
    await waitFor(async () => await ink() >= 8, `the line of ${path}`);
    // What the pointer shows can be read with the arrow keys.
    await visit.page.focus(chart);
    const read = () => visit.page.$eval(chart, (element) => element.getAttribute("aria-valuetext"));
    const before = await read();
    await visit.page.keyboard.press("Home");
    await waitFor(async () => await read() !== before, "another point");
    visit.assertQuiet();
  }
}

interface ChartJson {
  readonly points?: readonly { readonly sharesValid?: string }[];
}

type Paths = Readonly<Record<string, (pool: Pool) => string | Promise<string>>>;

const MONEY: Paths = {
  blocks: () => "/blocks",
  async block(pool) {
    const { blocks } = await ask<{ blocks: { hash: string; scheme?: string }[] }>(
      pool,
      "blocks?page_size=50",
    );
    return `/blocks/${(blocks.find(({ scheme }) => scheme) ?? blocks[0]!).hash}`;
  },
  payouts: () => "/payouts",
  connect: () => "/connect",
};

const SPEEDS: Paths = {
  overview: () => "/",
  miner: async (pool) => `/miner/${await demoMiner(pool)}`,
};

/** Each page in both themes and at a phone's width: looked at by axe, and kept as a picture. */
async function everybody(pool: Pool, paths: Paths): Promise<void> {
  const found: string[] = [];
  for (const [name, pathOf] of Object.entries(paths)) {
    await using visit = await Visit.open(pool.browser, pool.origin + await pathOf(pool));
    found.push(...await lookedAt(visit, name));
    visit.assertQuiet();
  }
  assertEquals(found, []);
}
