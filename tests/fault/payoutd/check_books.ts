/**
 * What an operator would ask of the books: `deno task ledger verify`, and `rebuild --check` from the log and the chain.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Bus } from "@gopool/bus";
import type { Ledger } from "@gopool/ledger";
import type { Nodes } from "@gopool/node";
import {
  busSource,
  historyOf,
  PoolScripts,
  problemLine,
  rebuild,
  verify,
} from "@gopool/payoutd/books";
import { MATURITY } from "./compose.ts";

export async function checkBooks(
  ledger: Ledger,
  bus: Bus,
  nodes: Nodes,
  poolScript: Uint8Array,
) {
  const verified = await verify(ledger, { network: "regtest", maturity: MATURITY });
  assertEquals(verified.problems.map(problemLine), [], "ledger verify");
  const rebuilt = await rebuild({
    ledger,
    history: historyOf([await busSource(bus)]),
    chain: { nodes, scripts: new PoolScripts([poolScript]) },
    books: { pool: "gopool", network: "regtest" },
    scratchPath: ":memory:",
    signal: new AbortController().signal,
  });
  assertEquals(rebuilt.differences, [], "ledger rebuild --check");
  return { verified, rebuilt };
}
