/**
 * The transactions of the jobs that are open, so that a block can be put together the moment a share hits. The
 * newest templates are kept decoded; an older one is read from the log again when a candidate names it.
 *
 * @module
 */
import { type Bus, miningTemplates, OffsetOutOfRange } from "@gopool/bus";
import { fromBinary, type Template, TemplateSchema } from "@gopool/proto";
import type { Follow } from "@gopool/runtime";
import { TEMPLATE_HORIZON_MS, TEMPLATES_IN_MEMORY } from "./limits.ts";

export class TemplateShelf {
  /** Where each template stands in the topic; a few bytes each for the six hours that the topic keeps. */
  readonly #offsets = new Map<string, number>();
  readonly #newest = new Map<string, Template>();

  constructor(
    private readonly bus: Bus,
    private readonly malformed: (offset: number, error: Error) => void = () => {},
  ) {}

  /**
   * Reads what stands in the topic, as far back as it keeps, then follows it until `signal` aborts. The past is
   * measured from the newest template: with the nodes away for long, jobs are still made from that one.
   */
  async follow({ signal, caughtUp, onTrouble }: Follow): Promise<void> {
    const newest = await this.bus.last(miningTemplates, 0);
    await this.bus.follow(miningTemplates, {
      from: { kind: "time", ms: (newest?.loggedAtMs ?? 0) - TEMPLATE_HORIZON_MS },
      batchMax: 1, // up to 8 MB each
      signal,
      caughtUp,
      onTrouble,
    }, async ({ messages }) => {
      for (const { value, offset } of messages) this.#take(value, offset);
      const [ends] = await this.bus.ends(miningTemplates);
      for (const [id, offset] of this.#offsets) {
        if (offset >= ends!.earliest) break;
        this.#offsets.delete(id);
      }
    });
  }

  /** The template, or undefined when the topic has not shown it (yet), or no longer has it. */
  async get(id: string): Promise<Template | undefined> {
    const held = this.#newest.get(id);
    if (held !== undefined) return held;
    const offset = this.#offsets.get(id);
    if (offset === undefined) return undefined;
    try {
      for await (const { messages } of this.bus.read(miningTemplates, 0, offset)) {
        return fromBinary(TemplateSchema, messages[0]!.value);
      }
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      this.#offsets.delete(id);
    }
    return undefined;
  }

  /** Templates held decoded. */
  get held(): number {
    return this.#newest.size;
  }

  #take(value: Uint8Array, offset: number): void {
    let template: Template;
    try {
      template = fromBinary(TemplateSchema, value);
    } catch (error) {
      // The ones behind it are worth more than waiting for this one to mend.
      return this.malformed(offset, error as Error);
    }
    this.#offsets.set(template.id, offset);
    this.#newest.set(template.id, template);
    if (this.#newest.size > TEMPLATES_IN_MEMORY) {
      this.#newest.delete(this.#newest.keys().next().value!);
    }
  }
}
