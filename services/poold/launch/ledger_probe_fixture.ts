/**
 * Starts the embedded ledger, migrates and opens it, and ends it: what poold does with it, in poold's place.
 * ledger_test.ts runs it under poold's flags.
 *
 * @module
 */
import { openLedger } from "@gopool/ledger";
import { startEmbedded } from "@gopool/ledger/embedded";
import { systemClock } from "@gopool/runtime";

const [dataDir, port] = Deno.args;
await using server = await startEmbedded({ dataDir: dataDir!, port: Number(port) });
await using ledger = await openLedger(server.url, {
  clock: systemClock,
  pool: "gopool",
  network: "regtest",
  migrate: true,
});
const [row] = await ledger.transaction((tx) =>
  tx.query<{ n: bigint }>("SELECT count(*) AS n FROM account")
);
console.log(`accounts: ${row!.n}`);
