/**
 * Redis under the contract: a key prefix for each bench, two clients, real time.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { Buffer } from "node:buffer";
import { Redis } from "ioredis";
import type { Bench } from "./contract.ts";
import { declareNewState, openState } from "./mod.ts";

/** Long against a round trip on a busy machine, short for who waits for the tests. */
const SPAN_MS = 500;

export interface RedisBench extends Bench {
  forget(): Promise<void>;
  readonly url: string;
  /** A client of its own, without prefix, for what only a test does. */
  readonly raw: Redis;
  readonly prefix: string;
}

export async function redisBench(server: string): Promise<RedisBench> {
  const prefix = `test-${crypto.randomUUID()}:`;
  const url = `${server}?prefix=${prefix}`;
  const clock = systemClock;
  await declareNewState(url, { clock });
  const [state, other] = await Promise.all([openState(url, { clock }), openState(url, { clock })]);
  const raw = new Redis(server);
  const openedMs = clock.monotonic();
  let passedMs = 0;
  const forget = async () => {
    const keys = await raw.keys(`${prefix}*`);
    if (keys.length > 0) await raw.del(keys);
  };
  const table = `${prefix}leases`;
  let kept: Uint8Array | null = null;
  const past = {
    async keep() {
      kept = await raw.dumpBuffer(table);
    },
    async fallBack() {
      await raw.del(table);
      if (kept === null) return;
      await raw.restore(table, 0, Buffer.from(kept));
      // As another server has it: its run id is not the one that stands in the table.
      await raw.hset(table, "run", `run-${crypto.randomUUID()}`);
    },
  };
  return {
    state,
    other,
    url,
    raw,
    prefix,
    spanMs: SPAN_MS,
    now: () => clock.monotonic(),
    async pass(ms) {
      passedMs += ms;
      await clock.sleep(ms);
    },
    lateMs: () => clock.monotonic() - openedMs - passedMs,
    forget,
    past,
    async [Symbol.asyncDispose]() {
      await state[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await forget();
      const ended = new Promise((resolve) => raw.once("end", resolve));
      raw.disconnect();
      await ended;
    },
  };
}
