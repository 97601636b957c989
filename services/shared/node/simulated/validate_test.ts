import { assert, assertEquals } from "@std/assert";
import { DecodeError, type Hash } from "@gopool/chain";
import fc from "@gopool/testing/fc";
import { type Block, decodeBlock } from "./decode.ts";
import { buildBlock, goodDraft, type Ground, groundOf } from "./draft.ts";
import { HARMLESS, mutated, MUTATIONS } from "./mutations.ts";
import { openTestWorld } from "./node_fixture.ts";
import { validateBlock } from "./validate.ts";
import type { Verdict } from "./verdict.ts";

/** A place on a fresh chain, and the judge for it. */
function place(): { ground: Ground; judge: (block: Block) => Verdict; close: () => void } {
  const opened = openTestWorld();
  const { chain } = opened.world;
  return {
    ground: groundOf(opened, chain.nowSeconds()),
    judge: (block) =>
      validateBlock(block, {
        place: chain.placeAfter(chain.tip),
        previousHash: chain.tip.hash,
        coins: chain.coins,
        nowSeconds: chain.nowSeconds(),
        proofOfWork: true,
      }),
    close: () => opened[Symbol.dispose](),
  };
}

const { ground, judge, close } = place();
globalThis.addEventListener("unload", close);

function reasonOf(verdict: Verdict): string {
  return verdict.kind === "invalid" ? verdict.reason : verdict.kind;
}

for (const mutation of MUTATIONS) {
  Deno.test(`validateBlock() refuses as ${mutation.reason} given ${mutation.given}`, () => {
    const block = decodeBlock(buildBlock(mutated(mutation, ground)));
    assertEquals(reasonOf(judge(block)), mutation.reason);
  });
}

for (const harmless of HARMLESS) {
  Deno.test(`validateBlock() accepts a block given ${harmless.given}`, () => {
    const block = decodeBlock(buildBlock(mutated(harmless, ground)));
    assertEquals(reasonOf(judge(block)), "valid");
  });
}

Deno.test("validateBlock() names the fault that Bitcoin Core meets first when there are two", () => {
  // Header before body before coins, whatever the order in which they were spoiled.
  const pairs = [
    ["high-hash", "bad-cb-amount"],
    ["bad-txnmrklroot", "bad-diffbits"],
    ["bad-cb-length", "time-too-old"],
    ["bad-diffbits", "bad-version(0x00000001)"],
    ["bad-cb-height", "bad-cb-amount"],
    ["bad-txns-in-belowout", "bad-cb-amount"],
  ];
  for (const [first, second] of pairs) {
    const draft = goodDraft(ground);
    for (const reason of [second, first]) {
      MUTATIONS.find((mutation) => mutation.reason === reason)!.spoil(draft, ground);
    }
    assertEquals(reasonOf(judge(decodeBlock(buildBlock(draft)))), first);
  }
});

Deno.test("validateBlock() takes the good block for nothing but what it is: any byte changed is refused", () => {
  const good = buildBlock(goodDraft(ground));
  fc.assert(
    fc.property(
      fc.nat(good.length - 1),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const bytes = good.slice();
        bytes[at] = bytes[at]! ^ change;
        const verdict = tryJudge(bytes);
        // A header's time, version and nonce are the miner's to choose, if the hash still fits.
        if (at >= 80 || (at >= 4 && at < 68) || (at >= 72 && at < 76)) {
          assert(verdict !== "valid", `byte ${at} ^ ${change}`);
        }
      },
    ),
    { numRuns: 600, seed: 7 },
  );
});

Deno.test("decodeBlock() and validateBlock() answer any bytes with a verdict or a DecodeError", () => {
  const good = buildBlock(goodDraft(ground));
  const cut = fc.nat(good.length).map((n) => good.slice(0, n));
  const spliced = fc.tuple(fc.nat(good.length), fc.uint8Array({ maxLength: 40 })).map(
    ([at, some]) => {
      const bytes = new Uint8Array(good.length + some.length);
      bytes.set(good.subarray(0, at));
      bytes.set(some, at);
      bytes.set(good.subarray(at), at + some.length);
      return bytes;
    },
  );
  fc.assert(
    fc.property(fc.oneof(cut, spliced, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      tryJudge(bytes);
    }),
    { numRuns: 600, seed: 7 },
  );
});

function tryJudge(bytes: Uint8Array): string {
  let block: Block;
  try {
    block = decodeBlock(bytes);
  } catch (error) {
    assert(error instanceof DecodeError, String(error));
    return "no block";
  }
  return reasonOf(judge(block));
}

Deno.test("validateBlock() refuses a block for another parent than the context's", () => {
  const draft = { ...goodDraft(ground), previousHash: new Uint8Array(32).fill(5) as Hash };
  assertEquals(reasonOf(judge(decodeBlock(buildBlock(draft)))), "prev-blk-not-found");
});
