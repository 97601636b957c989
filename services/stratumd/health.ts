/**
 * What keeps the gateway from its work, on the board in sentences. "down" is what a miner that connects now would feel;
 * "degraded" is what people should mend before one does.
 *
 * @module
 */
import type { Clock, Health as PartHealth, Logger, StatusBoard } from "@gopool/runtime";
import { PREFIX_TTL_MS } from "@gopool/state";
import type { Door } from "./door.ts";
import type { SessionMemory } from "./extranonce.ts";
import type { JobTable } from "./jobs.ts";
import { NO_JOB_ALARM_MS, REFUSED_TOLD_MS } from "./limits.ts";
import type { Outbox } from "./outbox.ts";

/** One that numbers sessions, as far as the board shows it. */
interface Numbering {
  readonly trouble: string | null;
  readonly isServing: boolean;
}

export interface HealthDeps {
  readonly board: StatusBoard;
  readonly log: Logger;
  readonly clock: Clock;
  readonly jobs: JobTable;
  readonly outbox: Outbox;
  readonly extranonces: Numbering;
  readonly memory: SessionMemory;
  /** Levels shared with the other gateways. */
  readonly levels: { readonly trouble: string | null };
  readonly door: Door;
}

const NAME = "stratumd";

export class Health {
  #refused = 0;
  #refusedToldMs = -Infinity;

  constructor(private readonly deps: HealthDeps) {}

  /** To be called about once a second while miners are served. */
  look(): void {
    const { board, memory, levels } = this.deps;
    const trouble = this.#troubleOfWork();
    board.set(NAME, trouble?.health ?? "ok", trouble?.detail ?? "serving miners");
    this.numbering();
    board.set(
      `${NAME}/sessions`,
      memory.trouble === null ? "ok" : "degraded",
      memory.trouble === null
        ? "remembered for miners that come back"
        : `Not remembered for miners that go to another gateway: ${memory.trouble}`,
    );
    board.set(
      `${NAME}/limits`,
      levels.trouble === null ? "ok" : "degraded",
      levels.trouble === null
        ? "counted over all gateways"
        : `This gateway counts by itself: ${levels.trouble}`,
    );
    this.#tellRefused();
  }

  /** Whether new sessions can be numbered. */
  numbering(): void {
    const { board, extranonces: { trouble, isServing } } = this.deps;
    const part = `${NAME}/extranonces`;
    if (trouble === null) board.set(part, "ok", "prefix held");
    else if (!isServing) board.set(part, "down", `No new sessions: ${trouble}`);
    else {
      const left = `new sessions until ${PREFIX_TTL_MS / 1000} s after the last renewal`;
      board.set(part, "degraded", `The prefix is not renewed, ${left}: ${trouble}`);
    }
  }

  #troubleOfWork(): { readonly health: PartHealth; readonly detail: string } | null {
    const { outbox, jobs, clock } = this.deps;
    if (outbox.isFailing) {
      return { health: "down", detail: `Shares wait for the bus: ${outbox.lastError}` };
    }
    if (jobs.current === null) return { health: "down", detail: "No job yet" };
    const nowMs = clock.now();
    if (!jobs.isCurrentAlive(nowMs)) {
      return {
        health: "down",
        detail: "No new job for more than 20 min: there is no work to give",
      };
    }
    if (nowMs - jobs.current.loggedAtMs <= NO_JOB_ALARM_MS) return null;
    const detail = "No new job for more than 50 s: miners will think the pool dead";
    return { health: "degraded", detail };
  }

  /** Connections turned away: seldom anybody's fault but the limits', so somebody should know. */
  #tellRefused(): void {
    const { door, log, clock } = this.deps;
    const refused = door.refusedInAll;
    const nowMs = clock.monotonic();
    if (refused === this.#refused || nowMs - this.#refusedToldMs < REFUSED_TOLD_MS) return;
    log.warn("connections were turned away", { sinceStart: { ...door.refused } });
    this.#refused = refused;
    this.#refusedToldMs = nowMs;
  }
}
