/** Who changed a schedule, and what came of it. @module */
import type { Tx } from "../port.ts";

export interface SetBy {
  /** Who: an operator's name, a miner's address, or the part of the pool that did it. */
  readonly operator: string;
  readonly reason: string;
  readonly nowMs: number;
}

export type Decision =
  /** In force from that log time on. */
  | { readonly kind: "set"; readonly fromMs: number }
  | { readonly kind: "refused"; readonly why: string };

export function refused(what: string, wantedMs: number, earliestMs: number): Decision {
  const say = (ms: number) => new Date(ms).toISOString().replace(":00.000Z", "Z");
  return {
    kind: "refused",
    why:
      `The ${what} cannot change at ${
        say(wantedMs)
      }: that minute has begun, or shares of it are counted. ` +
      `The earliest is ${say(earliestMs)}`,
  };
}

/** Writes down who did it and why. @returns The adjustment's id. */
export async function note(
  tx: Tx,
  kind: string,
  detail: Record<string, unknown>,
  { operator, reason, nowMs }: SetBy,
): Promise<bigint> {
  const [row] = await tx.query<{ id: bigint }>(
    `INSERT INTO adjustment (kind, operator, reason, detail, at_ms)
     VALUES ($1, $2, $3, $4, $5) RETURNING id`,
    [kind, operator, reason, detail, nowMs],
  );
  return row!.id;
}
