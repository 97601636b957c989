/**
 * Whatever is written to share.valid, and whoever reads it in whatever steps: the slices are those of ten lines.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { decodeJudged, MalformedShare, ruleOn, startOf } from "@gopool/shares";
import fc from "@gopool/testing/fc";
import { BOOKS, memoryBus, openBooks, publishValid, type SliceRow, slices } from "./fixture.ts";
import { historyArb, messagesOf, Reading, stepArb } from "./histories_fixture.ts";
import type { FreshLedger } from "@gopool/ledger/fixture";

const RUNS = 40;

/** The reference: one reader, one pass, sums by account, minute and so on. */
function reference(wire: readonly Uint8Array[]): { sums: Map<string, bigint>; at: number } {
  let at = startOf("log");
  const sums = new Map<string, bigint>();
  for (const bytes of wire) {
    const share = readable(bytes);
    const ruling = share && ruleOn(at, share);
    if (ruling?.kind !== "apply") continue;
    at = ruling.position;
    const work = share!.work.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const scheme = share!.variant === 1 ? "coinbase" : "pplns";
    const key = [Math.floor(share!.loggedAtMs / 60_000), scheme, share!.account, share!.nbits]
      .join();
    if (share!.pool === BOOKS.pool) sums.set(key, (sums.get(key) ?? 0n) + work);
  }
  return { sums, at: at.offset };
}

function readable(bytes: Uint8Array) {
  try {
    return decodeJudged(bytes);
  } catch (error) {
    if (error instanceof MalformedShare) return undefined;
    throw error;
  }
}

const keyed = (rows: readonly SliceRow[]) =>
  new Map(rows.map((row) => [[row.minute, row.scheme, row.account, row.nbits].join(), row.work]));

const sorted = (sums: Map<string, bigint>) => [...sums].sort(([a], [b]) => a < b ? -1 : 1);

async function emptied(ledger: FreshLedger): Promise<void> {
  await ledger.ask("TRUNCATE slice_minute, share_position, late_share, dead_letter, worker");
  await ledger.ask("DELETE FROM log");
}

Deno.test("any history of share.valid, read in any steps by two keepers that fail, gives the sums of one reader", async () => {
  await using ledger = await openBooks();
  const property = fc.asyncProperty(
    historyArb,
    fc.array(stepArb, { maxLength: 24 }),
    fc.nat(1),
    async ({ wire }, steps, survivor) => {
      // Others are begun by an operator: not this test's matter.
      fc.pre(wire.length > 0 && readable(wire[0]!)?.previousValidOffset === -1);
      await using bus = await memoryBus();
      await emptied(ledger);
      await publishValid(bus, wire);
      const messages = await messagesOf(bus);
      const readings = [0, 1].map(() => new Reading(bus, ledger, messages));
      for (const step of steps) {
        if (step.fate === "together") {
          const { batch } = step;
          await Promise.all(
            readings.map((reading, i) =>
              reading.step({ batch: batch + i, fate: "well", statement: 0 })
            ),
          );
        } else await readings[step.keeper]!.step(step);
      }
      // The other dies.
      const last = readings[survivor]!;
      do await last.step({ batch: 100, fate: "well", statement: 0 }); while (!last.done);
      const { sums, at } = reference(wire);
      assertEquals(sorted(keyed(await slices(ledger))), sorted(sums));
      const [stands] = await ledger.ask("SELECT source_offset::int AS at FROM share_position");
      assertEquals(stands, { at });
    },
  );
  // Shrinking takes minutes on a database; the failure names its path.
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});
