/**
 * Payouts: from balances to confirmed transactions. The loop plans when it is time, has signed what is planned, sends
 * what is signed until a block holds it; what the chain then says comes from the follower of blocks (`payoutListener`).
 *
 * Each step reads where things stand from the ledger and writes what it did, so a crash between any two costs nothing:
 * the next process goes on, with the same transactions.
 *
 * @module
 */
import { displayHash, type Hash } from "@gopool/chain";
import { LedgerUnavailable } from "@gopool/ledger";
import {
  alivePayouts,
  type ChainListener,
  noteBlock,
  noteBlockGone,
  payoutControl,
  troubledCoins,
} from "@gopool/ledger/payouts";
import { NodeMalformed, NodeRefused, NodeUnavailable } from "@gopool/node";
import type { Logger, Service } from "@gopool/runtime";
import type { PayoutsDeps } from "./deps.ts";
import { SIGN_AGAIN_MS, STEP_MS } from "./limits.ts";
import { runPayouts, type RunResult } from "./run.ts";
import { type LastSent, sendPayouts } from "./send.ts";
import { signPayouts, type SignResult } from "./sign.ts";
import { standingOf } from "./standing.ts";
import { tracePayout } from "./trace.ts";

export type { Payee, PayoutsDeps, PayoutSettings } from "./deps.ts";
export * from "./operate.ts";
export type { Replaced } from "./replacing.ts";
export type { RunResult } from "./run.ts";

const PART = "payoutd/payouts";

export interface Payouts extends Service {
  /** One look at everything there may be to do: what `run` does again and again. */
  step(signal: AbortSignal): Promise<void>;
}

export function createPayouts(deps: PayoutsDeps): Payouts {
  const loop = new Loop(deps);
  return {
    name: PART,
    step: (signal) => loop.step(signal),
    async run(signal) {
      while (!signal.aborted) {
        await loop.step(signal);
        await deps.clock.sleep(STEP_MS, signal);
      }
    },
  };
}

/** What payouts want to hear of the chain; give it to the follower of blocks. */
export function payoutListener(
  { settings, log }: { readonly settings: PayoutsDeps["settings"]; readonly log: Logger },
): ChainListener {
  return {
    async onBlock(tx, block) {
      const news = await noteBlock(tx, block, settings);
      const at = { height: block.height, block: displayHash(block.hash as Hash) };
      for (const id of news.seen) log.info("a block holds a payout", { payout: String(id), ...at });
      for (const id of news.confirmed) log.info("payout confirmed", { payout: String(id), ...at });
      for (const words of news.alarms) log.error(words, at);
    },
    async onBlockGone(tx, block) {
      for (const id of await noteBlockGone(tx, block)) {
        log.warn("a reorganisation removed a payout, it will be sent again", {
          payout: String(id),
          height: block.height,
        });
      }
    },
  };
}

class Loop {
  readonly #lastSent: LastSent = new Map();
  #lastRun: RunResult | null = null;
  #signing: readonly SignResult[] = [];
  #signedAt = -Infinity;

  constructor(private readonly deps: PayoutsDeps) {}

  /** Throws only what waiting cannot mend. */
  async step(signal: AbortSignal): Promise<void> {
    const { board } = this.deps;
    const troubles: string[] = [];
    // Sending first: what is signed must not wait for a signer or a node's fee estimate.
    for (const work of [this.#send, this.#plan, this.#sign, this.#send]) {
      try {
        await work.call(this, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) throw error;
        troubles.push(error.message);
      }
    }
    try {
      await this.#tell(troubles);
    } catch (error) {
      if (!isPassing(error)) throw error;
      board.set(PART, "degraded", error.message);
    }
  }

  async #plan(signal: AbortSignal): Promise<void> {
    const { deps } = this;
    const { ledger, clock, settings, signer, log } = deps;
    if (signer === null) return;
    const control = await ledger.transaction(payoutControl, { snapshot: true });
    const now = clock.now();
    // A clock that stepped back must not keep payouts waiting for it.
    const isEarly = now < control.lastRunMs + settings.everyMs && now >= control.lastRunMs;
    if (control.paused || isEarly) return;
    const result = await runPayouts(deps, true, signal);
    this.#lastRun = result;
    if (result.kind === "rested") return;
    const { payouts, run, feeRate, estimated, asides } = result;
    if (payouts.length === 0 && asides.length === 0) return;
    log.info(settings.approval ? "payouts await an operator's yes" : "payouts planned", {
      payouts: payouts.map(String),
      sats: run.plannedSats,
      dueSats: run.dueSats,
      feeRate,
      estimated,
      setAside: asides.length,
    });
  }

  async #sign(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.deps;
    const now = clock.monotonic();
    const isWaiting = this.#signing.some(({ kind }) => kind !== "signed");
    if (isWaiting && now - this.#signedAt < SIGN_AGAIN_MS) return;
    this.#signedAt = now;
    const before = new Set(this.#signing.map(({ id, kind }) => `${id}/${kind}`));
    this.#signing = await signPayouts(this.deps, signal);
    for (const result of this.#signing) {
      const { id, kind } = result;
      const facts = { payout: String(id), attempt: result.attempt };
      if (before.has(`${id}/${kind}`)) continue;
      if (kind === "failed") log.error("a payout was not signed", { ...facts, why: result.why });
      else log.info(kind === "signed" ? "payout signed" : "payout waits for a signature", facts);
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { log } = this.deps;
    const sent = await sendPayouts(this.deps, this.#lastSent, signal);
    for (const { id, attempt, taken, words, maybeMined, isNews } of sent) {
      const facts = { payout: String(id), attempt, words };
      if (isNews && taken) log.info("payout sent", facts);
      else if (isNews) log.warn("no node took a payout", facts);
      if (maybeMined && await tracePayout(this.deps, id, signal)) {
        log.info("a block that nobody read holds a payout", { payout: String(id) });
      }
    }
  }

  async #tell(troubles: readonly string[]): Promise<void> {
    const { ledger, clock, board, signer } = this.deps;
    const facts = await ledger.transaction(async (tx) => ({
      control: await payoutControl(tx),
      alive: await alivePayouts(tx),
      coins: await troubledCoins(tx),
    }), { snapshot: true });
    const { health, detail } = standingOf({
      ...facts,
      hasSigner: signer !== null,
      lastRun: this.#lastRun,
      signing: this.#signing,
      nowMs: clock.now(),
    });
    const words = [...new Set(troubles)];
    if (words.length === 0) board.set(PART, health, detail);
    else board.set(PART, "degraded", [...words, detail].join(". "));
  }
}

/** What goes by: said, and tried again. */
function isPassing(error: unknown): error is Error {
  return error instanceof LedgerUnavailable || error instanceof NodeUnavailable ||
    error instanceof NodeRefused || error instanceof NodeMalformed;
}
