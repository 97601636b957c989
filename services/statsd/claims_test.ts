import { assert, assertNotEquals } from "@std/assert";
import { openState } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { Claims } from "./claims.ts";

Deno.test("the newest claim of a partition is its claimant's, until another claims it", async () => {
  await using state = await openState("memory:", { clock: new FakeClock() });
  const [one, two] = [new Claims(state, "test", "one"), new Claims(state, "test", "two")];
  const first = await one.claim("valid/0");
  const other = await one.claim("valid/1");
  assert(await one.isMine("valid/0", first));
  const second = await two.claim("valid/0");
  assertNotEquals(first, second);
  assert(!await one.isMine("valid/0", first));
  assert(await two.isMine("valid/0", second));
  assert(await one.isMine("valid/1", other));
  // What one process had before is not what it has again.
  const again = await one.claim("valid/0");
  assert(!await one.isMine("valid/0", first));
  assert(await one.isMine("valid/0", again));
  assert(!await two.isMine("valid/0", second));
});

Deno.test("a state that has forgotten the claims is told them again by who asks first", async () => {
  const clock = new FakeClock();
  await using before = await openState("memory:", { clock });
  await using after = await openState("memory:", { clock });
  const claim = await new Claims(before, "test", "one").claim("valid/0");
  const [one, two] = [new Claims(after, "test", "one"), new Claims(after, "test", "two")];
  assert(await one.isMine("valid/0", claim));
  assert(!await two.isMine("valid/0", "two/1"));
});
