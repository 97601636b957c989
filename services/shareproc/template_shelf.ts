/**
 * The transactions of the jobs that are open, so that a block can be put together the moment a share hits. The
 * newest templates are kept decoded; an older one is read from the log again when a candidate names it.
 *
 * @module
 */
import { type Bus, miningTemplates } from "@gopool/bus";
import { fromBinary, type Template, TemplateSchema } from "@gopool/proto";
import { TEMPLATES_IN_MEMORY } from "./limits.ts";

export class TemplateShelf {
  /** Where each template stands in the topic; a few bytes each for the six hours that the topic keeps. */
  readonly #offsets = new Map<string, number>();
  readonly #newest = new Map<string, Template>();

  constructor(private readonly bus: Bus) {}

  /** Reads what stands in the topic from `sinceMs` on, then follows it until `signal` aborts. */
  follow(sinceMs: number, signal: AbortSignal, ready: () => void): Promise<void> {
    return this.bus.follow(miningTemplates, {
      from: { kind: "time", ms: sinceMs },
      batchMax: 1, // up to 8 MB each
      signal,
      caughtUp: ready,
    }, async ({ messages }) => {
      for (const { value, offset } of messages) {
        const template = fromBinary(TemplateSchema, value);
        this.#offsets.set(template.id, offset);
        this.#newest.set(template.id, template);
        if (this.#newest.size > TEMPLATES_IN_MEMORY) {
          this.#newest.delete(this.#newest.keys().next().value!);
        }
      }
      const [ends] = await this.bus.ends(miningTemplates);
      for (const [id, offset] of this.#offsets) {
        if (offset >= ends!.earliest) break;
        this.#offsets.delete(id);
      }
    });
  }

  /** The template, or undefined when the topic has not shown it (yet). */
  async get(id: string): Promise<Template | undefined> {
    const held = this.#newest.get(id);
    if (held !== undefined) return held;
    const offset = this.#offsets.get(id);
    if (offset === undefined) return undefined;
    for await (const { messages } of this.bus.read(miningTemplates, 0, offset)) {
      return fromBinary(TemplateSchema, messages[0]!.value);
    }
    return undefined;
  }
}
