/**
 * A running jobmanager as those see it who ask it questions: what it knows, and the one thing that it does when told.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { State } from "@gopool/state";
import type { Held } from "./composer.ts";
import { type BookedJob, JobBook, type JobTiming } from "./job_book.ts";
import type { Layouts } from "./layouts.ts";
import type { Asked, Leader, TemplateCounters } from "./leader.ts";
import { notedLeader } from "./leader_note.ts";
import { JOB_QUEUE_MAX, JOB_WATCHERS_MAX } from "./limits.ts";
import { Watchers } from "./watchers.ts";

export interface DeskDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly pool: string;
  readonly holder: string;
  readonly observe?: (timing: JobTiming) => void;
}

/** Plain numbers that only rise while the process lives, whoever leads meanwhile. */
export interface JobCounters extends TemplateCounters {
  /** Jobs of this process that the bus has confirmed. */
  jobs: number;
  /** Those of them that were an empty block's. */
  emptyJobs: number;
}

/** Who leads, as far as this process knows. */
export interface LeadershipView {
  readonly leads: boolean;
  readonly detail: string;
  readonly holder: string;
  /** Null where the state does not say, or its word is older than the log's. */
  readonly leader: string | null;
  readonly term: number;
}

/** What a leader lets others do while it leads. */
interface Office {
  readonly leader: Leader;
  readonly term: number;
  readonly signal: AbortSignal;
}

/** What the service has set up before it can lead. */
interface Ground {
  readonly layouts: Layouts;
  /** Stands in for a miner's account. */
  readonly accountScript: Uint8Array;
}

export class Desk {
  readonly book: JobBook;
  readonly watchers = new Watchers<BookedJob>({
    watchers: JOB_WATCHERS_MAX,
    queue: JOB_QUEUE_MAX,
  });
  readonly counters: JobCounters = { jobs: 0, emptyJobs: 0, templates: 0, failedTemplates: 0 };
  /** Null until the network is known, which the first node that answers tells. */
  ground: Ground | null = null;
  #office: Office | null = null;
  #said = { leads: false, detail: "has not asked for the lead yet" };

  constructor(private readonly deps: DeskDeps) {
    const { clock, observe } = deps;
    this.book = new JobBook({
      clock,
      tell: (booked) => this.watchers.tell(booked),
      observe: (timing) => {
        this.counters.jobs++;
        if (timing.empty) this.counters.emptyJobs++;
        observe?.(timing);
      },
    });
  }

  /** What this candidate is doing, as it stands on the board. */
  says(leads: boolean, detail: string): void {
    this.#said = { leads, detail };
  }

  /** For as long as `work` lasts this process makes the jobs. */
  async during<T>(office: Office, work: () => Promise<T>): Promise<T> {
    this.#office = office;
    try {
      return await work();
    } finally {
      this.#office = null;
    }
  }

  /** Whether this process makes the jobs now. */
  get leads(): boolean {
    return this.#office !== null;
  }

  /** The newest template of the leader; null where another leads, or it has had none. */
  get held(): Held | null {
    return this.#office?.leader.held ?? null;
  }

  async leadership(): Promise<LeadershipView> {
    const { state, pool, holder } = this.deps;
    const term = Math.max(this.#office?.term ?? 0, this.book.term);
    if (this.#office !== null) return { ...this.#said, holder, leader: holder, term };
    const note = await notedLeader(state, pool);
    const leader = note !== null && note.term >= term ? note.holder : null;
    return { ...this.#said, holder, leader, term: Math.max(term, note?.term ?? 0) };
  }

  /** A job at once; null where this process makes none. */
  ask(): Promise<Asked> | null {
    return this.#office === null ? null : this.#office.leader.ask(this.#office.signal);
  }
}
