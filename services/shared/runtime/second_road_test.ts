import { assertEquals } from "@std/assert";
import { captureLog, FakeClock, settle } from "@gopool/testing";
import { type Given, type Road, SECOND_ROAD_AFTER_MS, SecondRoad } from "./second_road.ts";

const TRY_AGAIN_MS = 500;
const GIVE_AGAIN_MS = 5_000;

interface Stand {
  readonly clock: FakeClock;
  readonly roads: SecondRoad<string>;
  /** What was given, in order. */
  readonly given: string[];
  /** What the next attempts are answered; the last one stays. */
  readonly answers: Given[][];
  readonly having: ReturnType<typeof captureLog>["having"];
}

const taken = (to: string): Given => ({ to, trouble: null });
const refused = (to: string, trouble: string): Given => ({ to, trouble });

async function standing(work: (stand: Stand) => Promise<void>, ...answers: Given[][]) {
  const clock = new FakeClock();
  const { log, having } = captureLog();
  const given: string[] = [];
  const road: Road<string> = {
    give(what) {
      given.push(what);
      return Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]!);
    },
  };
  const roads = new SecondRoad({ road, clock, log, noun: "block" });
  await work({ clock, roads, given, answers, having });
  await roads.close();
  assertEquals(roads.open, 0);
}

const never = () => new Promise<void>(() => {});

Deno.test("what the bus confirms in time never goes by the second road", () =>
  standing(async ({ clock, roads, given }) => {
    const publishing = Promise.withResolvers<void>();
    roads.watch("a", () => "A", publishing.promise);
    await clock.advance(SECOND_ROAD_AFTER_MS - 1);
    publishing.resolve();
    await settle();
    await clock.advance(60_000);
    assertEquals([given, roads.taken, roads.open], [[], 0, 0]);
  }, [taken("x")]));

Deno.test("what the bus has not confirmed in 250 ms is given, and again until it has", () =>
  standing(async ({ clock, roads, given }) => {
    const publishing = Promise.withResolvers<void>();
    roads.watch("a", () => "A", publishing.promise);
    await clock.advance(SECOND_ROAD_AFTER_MS);
    assertEquals(given, ["A"]);
    await clock.advance(GIVE_AGAIN_MS);
    assertEquals(given, ["A", "A"]);
    publishing.resolve();
    await settle();
    await clock.advance(60_000);
    assertEquals([given.length, roads.taken, roads.open], [2, 1, 0]);
  }, [taken("x"), taken("y")]));

Deno.test("what the bus refuses goes at once, and until a later publish stands", () =>
  standing(async ({ clock, roads, given }) => {
    roads.watch("a", () => "A", Promise.reject(new Error("away")));
    await settle();
    await clock.advance(0);
    assertEquals(given, ["A"]);
    // Published again, under the same id: one way, not two.
    const again = Promise.withResolvers<void>();
    roads.watch("a", () => "A", again.promise);
    await clock.advance(TRY_AGAIN_MS);
    assertEquals([given.length, roads.open], [1, 1]);
    again.resolve();
    await settle();
    await clock.advance(60_000);
    assertEquals([given.length, roads.open], [1, 0]);
  }, [taken("x")]));

Deno.test("a receiver that is away is asked again soon, and the same is said of it once", () =>
  standing(
    async ({ clock, roads, given, having }) => {
      roads.watch("a", () => "A", never());
      await clock.advance(SECOND_ROAD_AFTER_MS);
      for (let i = 0; i < 2; i++) await clock.advance(TRY_AGAIN_MS);
      assertEquals(given.length, 3);
      assertEquals(having("a block was not taken on the second road").length, 1);
      assertEquals(having("a block went by the second road").length, 1);
      // Now all have it: there is time.
      await clock.advance(GIVE_AGAIN_MS - 1);
      assertEquals(given.length, 3);
    },
    [refused("x", "away"), refused("y", "away")],
    [refused("x", "away"), refused("y", "away")],
    [taken("x"), taken("y")],
  ));

Deno.test("it ends where the end of a block is known, and where the service ends", () =>
  standing(async ({ clock, roads, given }) => {
    roads.watch("a", () => "A", never());
    roads.watch("b", () => "B", never());
    await clock.advance(SECOND_ROAD_AFTER_MS);
    roads.end("a");
    await settle();
    await clock.advance(GIVE_AGAIN_MS);
    assertEquals(given, ["A", "B", "B"]);
  }, [taken("x")]));

Deno.test("without a second road nothing is done", async () => {
  const clock = new FakeClock();
  const roads = new SecondRoad<string>({ road: null, clock, log: captureLog().log, noun: "block" });
  roads.watch("a", () => "A", never());
  assertEquals([roads.open, clock.sleepers], [0, 0]);
  await roads.close();
});
