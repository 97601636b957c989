import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { workOf } from "@gopool/series";
import { restOver } from "./rest_fixture.ts";
import { ALICE, MINUTE, NOON_MS, stand } from "./stand_fixture.ts";

interface Listed {
  readonly name: string;
  readonly online: boolean;
  readonly lastShareAt: string;
  readonly shares: { valid: string; rejected: string };
  readonly hashrates: { window: string; hashesPerSecond: number; measuredSeconds: number }[];
}

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Workers of one share each, at these ages. */
const AGES: readonly (readonly [string, number])[] = [
  ["now", MINUTE],
  ["", 2 * MINUTE],
  ["ten", 11 * MINUTE],
  ["hour", 2 * HOUR],
  ["day", 2 * DAY],
  ["gone", 8 * DAY],
];

Deno.test("workers are listed seen last first, page by page, each with its speeds", async () => {
  await using at = await stand();
  await at.mine([
    ...AGES.map(([worker, ageMs]) => ({ worker, atMs: NOON_MS - ageMs, difficulty: 3 })),
    { worker: "refused", atMs: NOON_MS - 3 * MINUTE, reason: "low-difficulty" },
  ]);
  const get = restOver(at.deps);
  const all: Listed[] = [];
  let token = "";
  for (let pages = 0; pages < 9; pages++) {
    const { body } = await get(`/api/v1/miners/${ALICE}/workers?pageSize=2&pageToken=${token}`);
    all.push(...body.workers);
    token = body.nextPageToken;
    if (token === "") break;
    assertEquals(body.workers.length, 2);
    // What comes in meanwhile moves nobody to a page that was read.
    await at.clock.advance(MINUTE);
    await at.mine([{ worker: "day", atMs: at.clock.now() - 1 }]);
  }
  assertEquals(all.map(({ name, online }) => [name, online]), [
    ["now", true],
    ["", true],
    ["refused", false],
    ["ten", false],
    ["hour", false],
    ["day", false],
  ]);
  const [first] = all;
  assertEquals(first!.hashrates.map(({ window }) => window), [
    "WINDOW_5M",
    "WINDOW_1H",
    "WINDOW_24H",
  ]);
  assertAlmostEquals(first!.hashrates[1]!.hashesPerSecond, workOf(3) / 3_600, 1e-3);
  assertEquals(all.at(-1)!.hashrates.map(({ hashesPerSecond }) => hashesPerSecond), [0, 0, 0]);
  assertEquals(all.at(-1)!.lastShareAt, "2026-11-21T12:00:00Z");
});

Deno.test("a worker by itself says what the list says of it", async () => {
  await using at = await stand();
  await at.mine(AGES.map(([worker, ageMs]) => ({ worker, atMs: NOON_MS - ageMs })));
  const get = restOver(at.deps);
  const { workers } = (await get(`/api/v1/miners/${ALICE}/workers`)).body;
  for (const listed of workers as Listed[]) {
    const name = encodeURIComponent(listed.name);
    const { worker } = (await get(`/api/v1/miners/${ALICE}/worker?name=${name}`)).body;
    assertEquals(worker.hashrates.length, 7);
    const shown = worker.hashrates.filter(({ window }: { window: string }) =>
      listed.hashrates.some((one) => one.window === window)
    );
    assertEquals({ ...worker, hashrates: shown }, listed);
  }
});

Deno.test("a page's token that is none is 400 with a sentence", async () => {
  await using at = await stand();
  await at.mine([{ atMs: NOON_MS - MINUTE }]);
  const { status, body } = await restOver(at.deps)(`/api/v1/miners/${ALICE}/workers?pageToken=x`);
  assertEquals(status, 400);
  assertStringIncludes(body.message, "next_page_token");
});
