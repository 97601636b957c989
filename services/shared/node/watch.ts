/**
 * The tips of one node, noticed soonest: a long poll, ZMQ where there is one, and a slow poll that would notice
 * even if both others were dead. Each only says "look"; the look itself is one question at a time, so a tip is
 * told once and never after a newer one.
 *
 * @module
 */
import { equalBytes, type Hash } from "@gopool/chain";
import { aborted, type Clock, runTogether } from "@gopool/runtime";
import { Mailbox } from "./mailbox.ts";
import {
  type Node,
  NodeMalformed,
  NodeRefused,
  NodeUnavailable,
  type Noticed,
  type TellingWay,
  type Tip,
} from "./port.ts";
import type { Notice } from "./zmq.ts";

/** The slow poll. Long against the cost of one small call, short against a block. */
export const POLL_MS = 5_000;
/** Pause after a question that failed: a node on the same machine is back within a second of its restart. */
export const RETRY_MS = 1_000;
/** Least time between two long polls without news: a node that does not park them must not be hammered. */
export const LONG_POLL_PAUSE_MS = 1_000;

/** Long polls in a row that may come back at once without news: one where another asked for a template meanwhile. */
const IDLE_MAX = 2;

export interface WatchDeps {
  readonly node: Pick<Node, "chain" | "tip" | "template" | "health">;
  readonly clock: Clock;
  readonly notices?: (signal: AbortSignal) => AsyncIterable<Notice>;
}

/** See `Node.watch`. */
export async function* watchTips(
  deps: WatchDeps,
  signal: AbortSignal,
): AsyncGenerator<Tip, void, void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const watcher = new Watcher(deps);
  const working = runTogether(
    stop,
    (stop) => watcher.poll(stop),
    (stop) => watcher.longPoll(stop),
    (stop) => watcher.listen(stop),
  ).catch((error) => watcher.tips.fail(error));
  try {
    yield* watcher.tips.read(stop);
  } finally {
    ended.abort();
    await working;
  }
}

class Watcher {
  readonly tips = new Mailbox<Tip>();
  readonly #deps: WatchDeps;
  #told: Tip | null = null;
  /** Asked since the last failure, and not syncing: only then is its best block a tip. */
  #usable = false;
  #looking: Promise<void> | null = null;
  #again = false;
  /** Who first asked for the look that comes next. */
  #noticed: Noticed | null = null;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  async poll(stop: AbortSignal): Promise<void> {
    const { clock, node } = this.#deps;
    while (!stop.aborted) {
      const ok = await this.#trying(stop, async () => {
        const { bestHash, syncing } = await node.chain(stop);
        this.#usable = !syncing;
        if (!this.#isTold(bestHash)) await this.look("poll", stop);
        // It had no template when somebody asked. The long poll may have been parked since before, for minutes.
        if (!syncing && !node.health.ok) await node.template({ signal: stop });
      });
      await clock.sleep(ok ? POLL_MS : RETRY_MS, stop);
    }
  }

  async longPoll(stop: AbortSignal): Promise<void> {
    const { clock, node } = this.#deps;
    let longPollId: string | null = null;
    let previousHash: Hash | null = null;
    let idle = 0;
    while (!stop.aborted) {
      const beganMs = clock.monotonic();
      let news = false;
      const ok = await this.#trying(stop, async () => {
        const template = await node.template({
          ...(longPollId === null ? {} : { longPollId }),
          signal: stop,
        });
        longPollId = template.longPollId;
        if (!this.#isTold(template.previousHash)) await this.look("long-poll", stop);
        // Whoever told it first.
        news = this.#isTold(template.previousHash) &&
          (previousHash === null || !equalBytes(previousHash, template.previousHash));
        previousHash = template.previousHash;
      });
      if (!ok) {
        longPollId = null;
        await clock.sleep(RETRY_MS, stop);
      } else if (longPollId === null) {
        // A node without long polls: the slow poll looks, this only proves that there are templates.
        await clock.sleep(POLL_MS, stop);
      } else {
        const parkedMs = clock.monotonic() - beganMs;
        idle = news || parkedMs >= LONG_POLL_PAUSE_MS ? 0 : idle + 1;
        // Else at once: the next block may be found while a pause lasts.
        if (idle > IDLE_MAX) await clock.sleep(LONG_POLL_PAUSE_MS - parkedMs, stop);
      }
    }
  }

  async listen(stop: AbortSignal): Promise<void> {
    for await (const notice of this.#deps.notices?.(stop) ?? []) {
      if (this.#isTold(notice.hash)) continue;
      await this.#trying(stop, () => this.look("zmq", stop));
    }
    // Without notices the others go on: whoever returns here ends them too.
    await aborted(stop);
  }

  /** Asks for the tip and tells it if it is new. Whoever comes while that goes on shares one further look. */
  look(way: TellingWay, stop: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    this.#noticed ??= { way, atMs: clock.now(), monotonicMs: clock.monotonic() };
    this.#again = true;
    return this.#looking ??= this.#lookUntilSettled(stop);
  }

  async #lookUntilSettled(stop: AbortSignal): Promise<void> {
    // Not before `#looking` is set.
    await null;
    try {
      while (this.#again) {
        this.#again = false;
        const noticed = this.#noticed!;
        this.#noticed = null;
        await this.#lookOnce(noticed, stop);
      }
    } finally {
      // In the same turn as the last look at `#again`: in between, a call would be lost.
      this.#again = false;
      this.#noticed = null;
      this.#looking = null;
    }
  }

  async #lookOnce(noticed: Noticed, stop: AbortSignal): Promise<void> {
    const { node } = this.#deps;
    if (!this.#usable) this.#usable = !(await node.chain(stop)).syncing;
    if (!this.#usable) return;
    const tip = { ...await node.tip(stop), noticed };
    if (!this.#usable || this.#isTold(tip.hash)) return;
    this.#told = tip;
    this.tips.put(tip);
  }

  #isTold(hash: Uint8Array): boolean {
    return this.#told !== null && equalBytes(this.#told.hash, hash);
  }

  /** False where the node could not answer: that is its health's matter. Anything else is a fault of ours. */
  async #trying(stop: AbortSignal, ask: () => Promise<void>): Promise<boolean> {
    try {
      await ask();
      return true;
    } catch (error) {
      if (stop.aborted) return false;
      // Back from an outage it may have to catch up first.
      if (error instanceof NodeUnavailable) this.#usable = false;
      else if (!(error instanceof NodeRefused || error instanceof NodeMalformed)) throw error;
      return false;
    }
  }
}
