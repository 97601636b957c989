/**
 * One of several leads: by a lease, with a number of the term that only rises.
 *
 * @module
 */
import { type Lease, type State, StateUnavailable } from "./port.ts";

/** A dead leader's lease ends after this; with the wait between tries a successor leads within 3 s. */
export const LEADER_TTL_MS = 2_000;
/** Tried, and renewed, this often. */
export const LEADER_TRY_MS = 500;
/** A leader that cannot renew stops this long before its lease ends: its last work must be done by then. */
const LEADER_SPARE_MS = 200;

export interface LeaderDeps {
  readonly state: State;
  readonly clock: {
    monotonic(): number;
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
  /** What is led: `jobmanager:gopool`. */
  readonly name: string;
  /** This candidate, different from every other: a process, not a host. */
  readonly holder: string;
  /** Told what this candidate is doing: "leads", "stands by", or why it cannot tell. */
  readonly onChange?: (leads: boolean, detail: string) => void;
  /**
   * Asked when the lease has ended and the store could not be asked for more: whether the leader stays all the same.
   * Only for work of which everybody takes the higher term's, and only while no higher term can be seen; then a store
   * that is away for everybody leaves nobody without a leader. Absent: it never stays.
   */
  readonly mayStay?: () => boolean;
}

/** What a leader may use while it leads. */
export interface Leadership {
  /**
   * A number for this term: above every number given before, by this store as it remembers, and above
   * `atLeast` (the last term that stands in the log, which remembers longer). Each call gives another.
   *
   * @throws {StateUnavailable}
   */
  nextTerm(atLeast: number): Promise<number>;
}

/**
 * Stands as a candidate until `signal` aborts. Whenever it leads, runs `lead`, whose signal aborts as soon as
 * the lease is lost, or cannot be renewed in time (but see `mayStay`); the next try waits for `lead` to end. When `lead` returns
 * or throws by itself the lease is given up, and a throw is passed on.
 */
export async function runLeader(
  deps: LeaderDeps,
  lead: (leadership: Leadership, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock, name, holder, onChange } = deps;
  const leaseName = `leader:${name}`;
  let said = "";
  const say = (leads: boolean, detail: string) => {
    if (detail === said) return;
    said = detail;
    onChange?.(leads, detail);
  };
  while (!signal.aborted) {
    const askedMs = clock.monotonic();
    const lease = await orTrouble(
      () => state.acquire(leaseName, holder, LEADER_TTL_MS),
      (why) => say(false, why),
    );
    if (lease === undefined || lease === null) {
      if (lease === null) say(false, "stands by");
    } else {
      say(true, "leads");
      await reign({ ...deps, onChange: say }, lease, askedMs, lead, signal);
      if (!signal.aborted) say(false, "has lost the lead");
    }
    await clock.sleep(LEADER_TRY_MS, signal);
  }
}

async function reign(
  { state, clock, name, mayStay, onChange }: LeaderDeps,
  first: Lease,
  askedMs: number,
  lead: (leadership: Leadership, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const leading = AbortSignal.any([signal, over.signal]);
  let lease = first;
  let untilMs = askedMs + LEADER_TTL_MS - LEADER_SPARE_MS;
  /** Why the store could not be asked; null once it has answered. */
  let away: string | null = null;
  let isAsked = false;

  async function renewing() {
    while (!leading.aborted) {
      await clock.sleep(LEADER_TRY_MS, leading);
      if (leading.aborted) return;
      const renewedMs = clock.monotonic();
      isAsked = true;
      const renewed = await orTrouble(
        () => state.renew(lease, LEADER_TTL_MS),
        (why) => away = why,
      );
      isAsked = false;
      if (renewed === null) over.abort();
      if (!renewed) continue;
      if (away !== null) onChange?.(true, "leads");
      away = null;
      lease = renewed;
      untilMs = renewedMs + LEADER_TTL_MS - LEADER_SPARE_MS;
    }
  }

  // Apart from the renewals: a call to the store that hangs must not keep a leader in office.
  async function watching() {
    while (!leading.aborted) {
      const leftMs = untilMs - clock.monotonic();
      if (leftMs > 0) await clock.sleep(leftMs, leading);
      else if ((away !== null || isAsked) && mayStay?.() === true) {
        // A store that was slow before it fell silent is found to be away only later than the lease ends.
        onChange?.(true, `leads without the store: ${away ?? "it does not answer"}`);
        await clock.sleep(LEADER_TRY_MS, leading);
      } else over.abort();
    }
  }

  async function leadingUntilOver() {
    try {
      await lead({ nextTerm: (atLeast) => nextTerm(state, name, atLeast) }, leading);
    } finally {
      over.abort();
    }
  }

  const [led] = await Promise.allSettled([leadingUntilOver(), renewing(), watching()]);
  await orTrouble(() => state.release(lease), () => {});
  if (led.status === "rejected" && led.reason !== leading.reason) throw led.reason;
}

/**
 * The store's own counter, moved past `atLeast` where it has forgotten. Two who ask at once get two numbers:
 * each adds at least one.
 */
async function nextTerm(state: State, name: string, atLeast: number): Promise<number> {
  const key = `term:${name}`;
  const term = await state.increment(key, 1);
  return term > atLeast ? term : await state.increment(key, atLeast + 1 - term);
}

/** The answer; undefined, with the sentence told, when the store is away. */
async function orTrouble<T>(
  ask: () => Promise<T>,
  tell: (why: string) => void,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw error;
    tell(error.message);
    return undefined;
  }
}
