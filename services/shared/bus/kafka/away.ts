import type { Troubles } from "../delivery.ts";

/**
 * Whether the brokers can be reached, from all that one reader has to do with them: told once when the first part
 * loses them, and once when the last has them back.
 */
export class Away {
  readonly #parts = new Set<object>();

  constructor(readonly trouble: Troubles) {}

  gone(part: object, thrown: unknown): void {
    const isFirst = this.#parts.size === 0;
    this.#parts.add(part);
    if (!isFirst) return;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.trouble.tell({ kind: "bus-away", error });
  }

  back(part: object): void {
    if (this.#parts.delete(part) && this.#parts.size === 0) {
      this.trouble.tell({ kind: "recovered" });
    }
  }
}
