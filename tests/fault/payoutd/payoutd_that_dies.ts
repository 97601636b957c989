/**
 * payoutd as a process that ends itself, with -9, at a named moment; or as one that lives until it is killed. It
 * waits, loaded, for a line on standard input before it opens anything. Run by payoutd_kills_test.ts only.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { scriptOfAddress } from "@gopool/chain";
import { openLedger } from "@gopool/ledger";
import { openNodes } from "@gopool/node";
import { createStatusBoard, runProcess, systemClock } from "@gopool/runtime";
import { composed, settingsOf } from "./compose.ts";
import { deadlyLedger, deadlyNodes, deadlySigner } from "./deadly.ts";
import { fastClock, type Pace } from "./fast_clock.ts";
import { type Moment, type MomentName, MOMENTS } from "./moments.ts";
import { signerWith } from "./pool_key.ts";

/** What it is told, as JSON in its only argument. */
export interface Orders {
  readonly pace: Pace;
  readonly busUrl: string;
  readonly ledgerUrl: string;
  readonly nodeUrl: string;
  readonly keyFile: string;
  readonly poolAddress: string;
  /** Null: it lives. */
  readonly moment: MomentName | null;
}

const TELL_EVERY_MS = 250;

/** Says what stands on the board, whenever that is news. */
async function tell(board: ReturnType<typeof createStatusBoard>, signal: AbortSignal) {
  let last = "";
  while (!signal.aborted) {
    const text = JSON.stringify(
      board.all().filter(({ health }) => health !== "ok").map(({ part, detail }) =>
        `${part}: ${detail}`
      ),
    );
    if (text !== last) console.log(`board ${last = text}`);
    await systemClock.sleep(TELL_EVERY_MS, signal);
  }
}

if (import.meta.main) {
  await runProcess("payoutd", async ({ log, signal }) => {
    const orders: Orders = JSON.parse(Deno.args[0]!);
    await Deno.stdin.read(new Uint8Array(16));
    const { pace, busUrl, ledgerUrl, nodeUrl, keyFile, poolAddress } = orders;
    const moment: Moment | null = orders.moment && MOMENTS[orders.moment];
    const clock = fastClock(pace);
    const board = createStatusBoard(clock);
    await using bus = await openBus(busUrl, { clock });
    // The machine is no faster: a node may take its time.
    await using nodes = openNodes({ nodes: [{ url: new URL(nodeUrl) }] }, { clock: systemClock });
    const book = { pool: "gopool", network: "regtest" };
    await using ledger = await openLedger(ledgerUrl, { clock, signal, ...book });
    const poolScript = scriptOfAddress(poolAddress, "regtest");
    const signer = await signerWith({ keyFile, poolAddress, poolScript }, nodes);
    const service = composed({
      bus,
      ledger: moment === null ? ledger : deadlyLedger(ledger, moment),
      nodes: moment === null ? nodes : deadlyNodes(nodes, moment),
      signer: moment === null ? signer : deadlySigner(signer, moment),
      clock,
      log,
      board,
      settings: settingsOf(poolAddress),
    });
    console.log("at work");
    await Promise.all([service.run(signal), tell(board, signal)]);
  });
}
