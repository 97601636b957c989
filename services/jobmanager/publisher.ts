/**
 * Puts jobs on their topic: a template always stands on its own topic before a job that needs it.
 *
 * @module
 */
import { type Bus, miningJobs, miningTemplates } from "@gopool/bus";
import { concatAll, sha256, toHex } from "@gopool/chain";
import type { BlockTemplate } from "@gopool/node";
import { type Job, JobSchema, TemplateSchema, toBinary } from "@gopool/proto";
import type { Clock } from "@gopool/runtime";
import { templateRecord } from "./build.ts";
import { CACHING_MAX, JOB_DEADLINE_MS, TEMPLATE_REUSE_MS } from "./limits.ts";

/** Where jobs and templates are kept by id after they are published; never judged from. */
export interface PublishedCache {
  put(kind: "job" | "template", id: string, value: Uint8Array): Promise<unknown>;
}

export interface PublisherDeps {
  readonly bus: Bus;
  readonly clock: Pick<Clock, "monotonic">;
  readonly cache: PublishedCache;
  readonly pool: string;
  readonly newId: () => string;
  readonly onCacheTrouble: (error: unknown) => void;
}

interface Published {
  readonly fingerprint: string;
  readonly id: string;
  readonly atMs: number;
}

export class Publisher {
  readonly #key: Uint8Array;
  /** The last template published: a refresh with the same transactions names it again. */
  #last: Published | undefined;
  readonly #caching = new Set<Promise<unknown>>();

  constructor(private readonly deps: PublisherDeps) {
    this.#key = new TextEncoder().encode(deps.pool);
  }

  /**
   * @returns The id under which the template's transactions stand on the topic; empty where there are none.
   * @throws {NotWritten | OutcomeUnknown} They may not stand there: no job may name them.
   */
  async template(template: BlockTemplate): Promise<string> {
    if (template.transactions.length === 0) return "";
    const { bus, clock, pool, newId } = this.deps;
    const print = fingerprint(template);
    const atMs = clock.monotonic();
    const last = this.#last;
    if (last?.fingerprint === print && atMs - last.atMs < TEMPLATE_REUSE_MS) return last.id;
    const id = newId();
    const value = toBinary(TemplateSchema, templateRecord(pool, id, template));
    const key = new TextEncoder().encode(id);
    await bus.publish(miningTemplates, [{ key, value }], { deadlineMs: JOB_DEADLINE_MS });
    this.#last = { fingerprint: print, id, atMs };
    this.#cache("template", id, value);
    return id;
  }

  /** @throws {NotWritten | OutcomeUnknown} */
  async job(job: Job): Promise<void> {
    const value = toBinary(JobSchema, job);
    const record = { key: this.#key, value };
    await this.deps.bus.publish(miningJobs, [record], { deadlineMs: JOB_DEADLINE_MS });
    this.#cache("job", job.id, value);
  }

  /** Resolves when no write to the cache is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#caching);
  }

  /** Beside the work: no job waits for the cache. */
  #cache(kind: "job" | "template", id: string, value: Uint8Array): void {
    if (this.#caching.size >= CACHING_MAX) return;
    const { cache, onCacheTrouble } = this.deps;
    const caching = cache.put(kind, id, value).catch(onCacheTrouble)
      .finally(() => this.#caching.delete(caching));
    this.#caching.add(caching);
  }
}

/** Equal for two templates with the same transactions in the same order on the same block. */
function fingerprint({ previousHash, transactions }: BlockTemplate): string {
  return toHex(sha256(concatAll([previousHash, ...transactions.map((tx) => tx.wtxid)])));
}
