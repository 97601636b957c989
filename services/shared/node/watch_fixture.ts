/** One node under watch, on a clock that stands still, for tests of the watch. @module */
import { assertEquals } from "@std/assert";
import { FakeClock, settle } from "@gopool/testing";
import { Mailbox } from "./mailbox.ts";
import { type BlockTemplate, NodeUnavailable, type Tip } from "./port.ts";
import { tipOf } from "./node_fixture.ts";
import { watchTips } from "./watch.ts";
import type { Notice } from "./zmq.ts";

/** A node whose long polls park until the test wakes them. */
export class Watched implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  /** How and when (ms since the start) the watch knew of each. */
  readonly noticed: string[] = [];
  readonly notices = new Mailbox<Notice>();
  best: Tip = tipOf("one", 1);
  syncing = false;
  away = false;
  readonly health = { ok: true, detail: "" };
  longPolls = true;
  /** Long polls come back at once, as on a node that ignores the id. */
  impatient = false;
  /** How long each answer takes. */
  delayMs = { chain: 0, tip: 0, template: 0 };
  asked = { chain: 0, tip: 0, template: 0 };
  #wake: (() => void) | null = null;
  readonly #stop = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  get parked(): boolean {
    return this.#wake !== null;
  }

  /** A new best block that only asking finds out. */
  find(name: string, height: number): void {
    this.best = tipOf(name, height);
  }

  wakeLongPoll(): void {
    this.#wake?.();
    this.#wake = null;
  }

  async start(options: { zmq?: boolean; zmqEnds?: boolean } = {}): Promise<void> {
    const node = {
      health: this.health,
      chain: () => {
        this.asked.chain++;
        return this.#answer("chain", {
          network: "regtest" as const,
          height: this.best.height,
          bestHash: this.best.hash,
          syncing: this.syncing,
        });
      },
      tip: () => {
        this.asked.tip++;
        return this.#answer("tip", this.best);
      },
      template: async (
        { longPollId, signal }: { longPollId?: string; signal?: AbortSignal } = {},
      ) => {
        this.asked.template++;
        if (longPollId !== undefined && !this.impatient) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
            signal!.addEventListener("abort", () => resolve(), { once: true });
          });
          signal!.throwIfAborted();
        }
        return this.#answer("template", {
          previousHash: this.best.hash,
          longPollId: this.longPolls ? "id" : null,
        } as BlockTemplate);
      },
    };
    const deps = {
      node,
      clock: this.clock,
      ...(options.zmqEnds ? { notices: async function* () {} } : {}),
      ...(options.zmq ? { notices: (signal: AbortSignal) => this.notices.read(signal) } : {}),
    };
    const beganMs = this.clock.monotonic();
    this.#reading = (async () => {
      for await (const tip of watchTips(deps, this.#stop.signal)) {
        this.told.push(new TextDecoder().decode(tip.hash).replace(/\0+$/, ""));
        this.noticed.push(`${tip.noticed!.way} ${tip.noticed!.monotonicMs - beganMs}`);
      }
    })();
    await settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    assertEquals(this.clock.sleepers, 0);
  }

  async #answer<T>(kind: keyof Watched["delayMs"], value: T): Promise<T> {
    if (this.delayMs[kind] > 0) await this.clock.sleep(this.delayMs[kind], this.#stop.signal);
    this.#stop.signal.throwIfAborted();
    if (this.away) throw new NodeUnavailable("away", "unreachable");
    return value;
  }
}
