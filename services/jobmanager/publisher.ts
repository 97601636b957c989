/**
 * Puts jobs on their topic: a template always stands on its own topic before a job that needs it.
 *
 * @module
 */
import { type Bus, miningJobs, miningTemplates } from "@gopool/bus";
import { concat, sha256, toHex } from "@gopool/chain";
import type { BlockTemplate } from "@gopool/node";
import { type Job, JobSchema, TemplateSchema, toBinary } from "@gopool/proto";
import { templateRecord } from "./build.ts";
import { JOB_DEADLINE_MS } from "./limits.ts";

/** Where jobs and templates are cached after they are published; never judged from. */
export interface JobCache {
  putJob(id: string, value: Uint8Array): Promise<unknown>;
  putTemplate(id: string, value: Uint8Array): Promise<unknown>;
}

export interface PublisherDeps {
  readonly bus: Bus;
  readonly cache: JobCache;
  readonly pool: string;
  readonly newId: () => string;
  readonly onCacheTrouble: (error: unknown) => void;
}

export class Publisher {
  readonly #key: Uint8Array;
  /** The last template published: a refresh with the same transactions names it again. */
  #last: { readonly fingerprint: string; readonly id: string } | undefined;

  constructor(private readonly deps: PublisherDeps) {
    this.#key = new TextEncoder().encode(deps.pool);
  }

  /** @returns The id under which the template's transactions stand on the topic. @throws {NotWritten | OutcomeUnknown} */
  async template(template: BlockTemplate): Promise<string> {
    if (template.transactions.length === 0) return "";
    const print = fingerprint(template);
    if (this.#last?.fingerprint === print) return this.#last.id;
    const id = this.deps.newId();
    const value = toBinary(TemplateSchema, templateRecord(this.deps.pool, id, template));
    const key = new TextEncoder().encode(id);
    await this.deps.bus.publish(miningTemplates, [{ key, value }], { deadlineMs: JOB_DEADLINE_MS });
    this.#last = { fingerprint: print, id };
    this.deps.cache.putTemplate(id, value).catch(this.deps.onCacheTrouble);
    return id;
  }

  /** @throws {NotWritten | OutcomeUnknown} */
  async job(job: Job): Promise<void> {
    const value = toBinary(JobSchema, job);
    const record = { key: this.#key, value };
    await this.deps.bus.publish(miningJobs, [record], { deadlineMs: JOB_DEADLINE_MS });
    this.deps.cache.putJob(job.id, value).catch(this.deps.onCacheTrouble);
  }
}

/** Equal for two templates with the same transactions in the same order on the same block. */
function fingerprint({ previousHash, transactions }: BlockTemplate): string {
  return toHex(sha256(concat(previousHash, ...transactions.map((tx) => tx.wtxid))));
}
