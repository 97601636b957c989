/**
 * What the contract of the state port stands on: an adapter under test, and small helpers.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Lease, State } from "./port.ts";

/** An adapter under test. */
export interface Bench extends AsyncDisposable {
  readonly state: State;
  /** Another client of the same store; the same object where there can be only one. */
  readonly other: State;
  /** The monotonic clock that both were opened with. */
  now(): number;
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>;
  /** A span long enough that the store's answers fit in it many times: 1,000 driven, perhaps 200 on a server. */
  readonly spanMs: number;
  /** Makes a store that outlives its clients forget everything, as a server restarted without its data. */
  forget?(): Promise<void>;
  /** For a store that a stale copy can take the place of: keeps one, and puts the last kept (or none) in its place. */
  readonly past?: { keep(): Promise<void>; fallBack(): Promise<void> };
  /** How much later it is than it should be by what has passed: for a store whose time is not driven. */
  lateMs?(): number;
}

/** Declares one test of the contract. */
export type Declare = (promise: string, body: (bench: Bench) => Promise<void>) => void;

/** Late by more than this share of a span a failure says nothing: what the tests tell apart is 0.2 spans away. */
const LATE = 0.15;
/** On a machine that is late every time something else is wrong. */
const TRIES = 5;

/** Runs a test, again where it failed and the machine was too slow for its spans. */
export async function inTime(
  open: () => Promise<Bench>,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  for (let tries = 1;; tries++) {
    await using bench = await open();
    try {
      return await body(bench);
    } catch (error) {
      const isLate = (bench.lateMs?.() ?? 0) > bench.spanMs * LATE;
      if (!isLate || tries === TRIES) throw error;
    }
  }
}

/** A key that no other test, and no other run against the same server, uses. */
export function fresh(kind: string): string {
  return `contract:${kind}:${crypto.randomUUID()}`;
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export async function held(
  state: State,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<Lease> {
  const lease = await state.acquire(name, holder, ttlMs);
  assert(lease !== null, `${holder} was not granted ${name}`);
  return lease;
}
