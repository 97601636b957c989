/**
 * Lines bent at random on real sockets. A bounded run of the same seeds by default; `deno task fuzz` runs longer, with
 * seeds of its own each time. One seed again: `GOPOOL_TEST_FUZZ_SEED=n`.
 *
 * @module
 */
import { seededRandom } from "@gopool/runtime";
import { assertEquals } from "@std/assert";
import { ADDRESS, openRig, type Rig } from "./kit_test.ts";

async function setting(variable: string): Promise<number | null> {
  const { state } = await Deno.permissions.query({ name: "env", variable });
  const text = state === "granted" ? Deno.env.get(variable) : undefined;
  return text === undefined ? null : Number(text);
}

const FACTOR = await setting("GOPOOL_TEST_FUZZ_FACTOR") ?? 1;
const ONE_SEED = await setting("GOPOOL_TEST_FUZZ_SEED");
const SEEDS = ONE_SEED === null ? Math.ceil(40 * FACTOR) : 1;
const FIRST_SEED = ONE_SEED ?? (FACTOR === 1 ? 0 : Date.now() % 1e9);

/** Lines that a miner might send, bent at random. */
function bent(random: ReturnType<typeof seededRandom>, share: string[]): Uint8Array {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.unit() * list.length)]!;
  const values = [null, true, -1, 1e400, "", "x", "f".repeat(300), [], {}, [[]], "0", ADDRESS];
  const methods = [
    "mining.submit",
    "mining.subscribe",
    "mining.authorize",
    "mining.configure",
    "mining.suggest_difficulty",
    "mining.suggest_target",
    "mining.get_transactions",
    "mining.extranonce.subscribe",
    "mining.ping",
    "client.nothing",
  ];
  const params = random.unit() < 0.5
    ? share.map((p) => random.unit() < 0.3 ? pick<unknown>(values) : p)
    : Array.from({ length: Math.floor(random.unit() * 8) }, () => pick<unknown>(values));
  const message = {
    id: pick<unknown>([1, null, "a", 2.5, {}, [1]]),
    method: pick<unknown>([...methods, "mining.submit", 7]),
    params: random.unit() < 0.1 ? pick<unknown>(values) : params,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
  if (random.unit() < 0.3) {
    for (let i = 1 + Math.floor(random.unit() * 3); i > 0; i--) {
      bytes[Math.floor(random.unit() * (bytes.length - 1))] = random.uint32() & 0xff;
    }
  }
  return bytes;
}

async function fuzz(rig: Rig, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const miner = await rig.connect();
  if (random.unit() < 0.7) await miner.login();
  const share = random.unit() < 0.5 || miner.sessionId === ""
    ? ["x", "00", "00".repeat(8), "0", "0"]
    : miner.params(miner.mine());
  try {
    for (let i = 0; i < 60; i++) {
      const bytes = bent(random, share);
      const cut = Math.floor(random.unit() * bytes.length);
      await miner.raw(bytes.subarray(0, cut));
      await miner.raw(bytes.subarray(cut));
    }
  } catch {
    // The gateway has had enough of it: its right.
  }
  await miner.close();
  const good = await rig.connect();
  await good.login();
  const answer = await good.submit(good.mine());
  assertEquals(answer.result, true, JSON.stringify(answer));
  await good.close();
}

/** A failure is a seed: it is named whatever went wrong. */
async function named(seed: number, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new Error(`Failed with seed ${seed}: ${(cause as Error).message}`, { cause });
  }
}

Deno.test("whatever is sent, the gateway goes on and takes the next good share", async () => {
  await using rig = await openRig({ config: { maxSessions: 1000 } });
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    await named(seed, () => fuzz(rig, seed));
  }
});
