/**
 * A real Redis for one test, and clients of it that remember their trouble.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import {
  type RedisOptions,
  type RedisServer,
  startRedis,
  testRedisBinary,
} from "@gopool/testing/servers";
import { openState, type State, StateUnavailable } from "./mod.ts";
import type { RedisAccess } from "./redis.ts";

export const binary = await testRedisBinary();
export const clock = systemClock;
export const DEADLINE = { deadlineMs: 30_000 };
/** Outlives a test. */
export const LONG_MS = 60_000;

/** A client, and what it says of its trouble. */
export async function client(url: string, access: RedisAccess = {}) {
  let trouble: string | null = null;
  const state = await openState(url, {
    ...access,
    clock,
    onTrouble: (why) => trouble = why,
  });
  return {
    state,
    trouble: () => trouble,
    untilBack: () => waitFor(() => isThere(state), "the state to be back", DEADLINE),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

async function isThere(state: State): Promise<boolean> {
  try {
    await state.get("any");
    return true;
  } catch (error) {
    if (error instanceof StateUnavailable) return false;
    throw error;
  }
}

/** Declares a test with a server of its own. */
export function withServer(
  promise: string,
  options: RedisOptions,
  body: (server: RedisServer) => Promise<void>,
): void {
  if (binary === null) return;
  Deno.test(`redis: ${promise}`, async () => {
    await using server = await startRedis(binary, options);
    await body(server);
  });
}

export const bytes = (text: string) => new TextEncoder().encode(text);
