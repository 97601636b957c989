import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { canonicalAddress } from "@gopool/chain";
import { prepareJob, ShareChecker } from "@gopool/shares";
import { Coinbases } from "./coinbases.ts";
import { makeJob } from "./fixture.ts";

const SOLO = 1;
const account = (n: number) =>
  canonicalAddress(Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]), "regtest")!;
const job = (n: number) => prepareJob(makeJob(n.toString(16).padStart(16, "0")));

Deno.test("a job's coinbase is registered once, and per account only where it pays the account", () => {
  const coinbases = new Coinbases(new ShareChecker());
  const one = job(1);
  const pool = coinbases.work(one, 0, account(1));
  assertStrictEquals(coinbases.work(one, 0, account(2)), pool);
  const solo = coinbases.work(one, SOLO, account(1));
  assertStrictEquals(coinbases.work(one, SOLO, account(1)), solo);
  assertEquals(coinbases.work(one, SOLO, account(2)) === solo, false);
  assertEquals(coinbases.count, 3);
  coinbases.drop(one);
  assertEquals([coinbases.count, pool.released, solo.released], [0, true, true]);
});

Deno.test("works are bounded per job and in all, and whatever is let go can be had again", () => {
  const checker = new ShareChecker();
  const coinbases = new Coinbases(checker, 3, 5);
  const jobs = [job(1), job(2), job(3)];
  for (const one of jobs) {
    for (let n = 0; n < 10; n++) {
      assertEquals(coinbases.work(one, SOLO, account(n)).released, false);
      assertEquals(coinbases.count <= 5, true);
    }
  }
  assertEquals(coinbases.work(jobs[0]!, SOLO, account(0)).released, false);
  for (const one of jobs) coinbases.drop(one);
  assertEquals([coinbases.count, checker.workBytes], [0, 0]);
});

Deno.test("two variants with equal outputs share a work, and neither is left with one that was let go", () => {
  const twins = makeJob("0000000000000001");
  const [pool, solo] = twins.variants;
  const one = prepareJob({ ...twins, variants: [pool!, solo!, { ...pool!, id: 2 }] });
  const coinbases = new Coinbases(new ShareChecker(), 2);
  assertStrictEquals(coinbases.work(one, 0, ""), coinbases.work(one, 2, ""));
  for (let n = 0; n < 5; n++) {
    for (const variant of [0, 2]) {
      assertEquals(coinbases.work(one, variant, "").released, false);
      assertEquals(coinbases.work(one, SOLO, account(n)).released, false);
    }
  }
  assertEquals(coinbases.count, 2);
});

Deno.test("a coinbase that the job does not have is refused", () => {
  const coinbases = new Coinbases(new ShareChecker());
  assertThrows(() => coinbases.work(job(1), 7, ""), RangeError, "no coinbase variant 7");
  assertThrows(() => coinbases.work(job(1), SOLO, ""), RangeError);
  assertThrows(() => coinbases.work(job(1), SOLO, "bc1nonsense"), Error);
});
