/**
 * One node put before the others for a while, by somebody who knows why.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { NodePreference } from "./port.ts";

interface Held extends NodePreference {
  readonly untilMs: number;
}

export class Preference {
  #held: Held | null = null;

  /** @param names Of all nodes, in the order of the settings. */
  constructor(
    private readonly names: readonly string[],
    private readonly clock: Pick<Clock, "now" | "monotonic">,
  ) {}

  /**
   * @param forMs More than 0.
   * @throws {RangeError} No node has that name.
   */
  set(node: string | null, forMs: number): void {
    if (node === null) {
      this.#held = null;
      return;
    }
    if (!this.names.includes(node)) {
      throw new RangeError(`No node is named "${node}": there are ${this.names.join(", ")}`);
    }
    const { clock } = this;
    this.#held = { node, expiresAtMs: clock.now() + forMs, untilMs: clock.monotonic() + forMs };
  }

  current(): NodePreference | null {
    if (this.#held !== null && this.clock.monotonic() >= this.#held.untilMs) this.#held = null;
    if (this.#held === null) return null;
    const { node, expiresAtMs } = this.#held;
    return { node, expiresAtMs };
  }

  /** The nodes, the preferred one first. */
  inOrder<T extends { readonly name: string }>(nodes: readonly T[]): readonly T[] {
    const preferred = this.current()?.node;
    if (preferred === undefined) return nodes;
    const isFirst = ({ name }: T) => name === preferred;
    return [...nodes.filter(isFirst), ...nodes.filter((node) => !isFirst(node))];
  }
}
