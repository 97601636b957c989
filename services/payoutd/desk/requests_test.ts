import { assertEquals } from "@std/assert";
import type { Ledger } from "@gopool/ledger";
import { clientOf } from "@gopool/ledger/clients";
import { freshLedger } from "@gopool/ledger/fixture";
import { FakeClock } from "@gopool/testing";
import {
  HOUR_MS,
  minerOf,
  NOW_MS,
  openBooks,
  requestOf,
  RULES,
  signedBy,
} from "../clients/client_fixture.ts";
import { followRequest } from "./requests.ts";

const ANNA = minerOf(1);
const COLD = minerOf(2, "p2tr");
const THIEF = minerOf(66);
const ACTOR = { who: "web", method: "ClientService/ApplyRequest" };

/** Books that say which of their transactions took the money, and let something happen right before one that does. */
async function stand() {
  const books = await freshLedger();
  await openBooks(books, [ANNA]);
  const seen = { money: 0, all: 0, before: () => Promise.resolve() };
  const ledger = Object.create(books, {
    transaction: {
      value: async (...[work, options]: Parameters<Ledger["transaction"]>) => {
        seen.all++;
        if (options?.money) {
          seen.money++;
          await seen.before();
        }
        return await books.transaction(work, options);
      },
    },
  }) as Ledger;
  const clock = new FakeClock(NOW_MS);
  const deps = { ledger, clock, network: "regtest" as const };
  const follow = async (request: ReturnType<typeof signedBy>) => {
    const verdict = await followRequest(deps, request, RULES, ACTOR);
    return verdict.kind === "refused" ? verdict.reason : verdict.again ? "again" : "applied";
  };
  return { books, seen, clock, follow, [Symbol.asyncDispose]: () => books[Symbol.asyncDispose]() };
}

Deno.test("only a request that would be followed takes the money", async () => {
  await using it = await stand();
  const { seen, follow } = it;
  const text = requestOf(ANNA, "threshold", "25000");
  const past = requestOf(ANNA, "threshold", "25000", { expiresAtMs: NOW_MS });
  const cancel = requestOf(ANNA, "cancel-payout-address", "pending");
  for (
    const [request, outcome] of [
      [{ text: "x", signature: "y" }, "malformed"],
      [signedBy(ANNA, requestOf(ANNA, "threshold", "25000", { pool: "other" })), "other-pool"],
      [signedBy(ANNA, requestOf(ANNA, "threshold", "25000", { network: "main" })), "other-pool"],
    ] as const
  ) {
    assertEquals(await follow(request), outcome);
  }
  assertEquals(seen.all, 0, "what is wrong by itself asks no books");
  for (
    const [request, outcome] of [
      [signedBy(THIEF, text), "bad-signature"],
      [{ text, signature: "AAAA" }, "bad-signature"],
      [signedBy(ANNA, past), "expired"],
      [signedBy(THIEF, requestOf(THIEF, "threshold", "25000")), "unknown-account"],
      [signedBy(ANNA, cancel), "nothing-pending"],
      [signedBy(ANNA, requestOf(ANNA, "threshold", "1")), "bad-value"],
    ] as const
  ) {
    assertEquals(await follow(request), outcome);
  }
  assertEquals(seen.money, 0);
  const request = signedBy(ANNA, text);
  assertEquals([await follow(request), seen.money], ["applied", 1]);
  // Whatever its signature, and long after it has expired.
  await it.clock.advance(100 * HOUR_MS);
  assertEquals([await follow({ ...request, signature: "AAAA" }), seen.money], ["again", 1]);
});

Deno.test("what changed in the books before the money was taken is judged anew", async () => {
  await using it = await stand();
  const { books, seen, follow } = it;
  const now = (miner = ANNA, value = COLD.address, expiresAtMs = NOW_MS + 200 * HOUR_MS) =>
    signedBy(miner, requestOf(ANNA, "payout-address", value, { expiresAtMs }));
  const change = now(ANNA, COLD.address, NOW_MS + HOUR_MS);
  // The same, handed in elsewhere meanwhile.
  seen.before = async () => {
    seen.before = () => Promise.resolve();
    assertEquals(await follow(change), "applied");
  };
  assertEquals(await follow(change), "again");
  await it.clock.advance(RULES.addressDelayMs);
  const life = { expiresAtMs: it.clock.now() + HOUR_MS };
  assertEquals(await follow(now(ANNA, "own", life.expiresAtMs)), "applied");
  const cancel = requestOf(ANNA, "cancel-payout-address", "pending", life);
  // Signed by the payout address in force, which is none any more when the money is taken.
  seen.before = async () => {
    await books.ask("UPDATE client_payout SET cancelled_by = request_id WHERE script IS NOT NULL");
  };
  assertEquals(await follow(signedBy(COLD, cancel)), "bad-signature");
  const client = await books.transaction((tx) => clientOf(tx, ANNA.address, it.clock.now()));
  assertEquals(client?.pending === null, false);
});
