/**
 * Pays closed minutes of PPS and FPPS, and watches the reserve that they are paid from.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import type { Clock, Health, Logger, Service, StatusBoard } from "@gopool/runtime";
import { PAY_EVERY_MS } from "./limits.ts";
import { type Pay, payMinute } from "./pay.ts";
import { guardReserve, type ReserveStanding, reserveStanding } from "./reserve.ts";

export interface PpsDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly network: Network;
  /** Below it, PPS and FPPS fall back to PPLNS. Satoshi. */
  readonly reserveFloor: bigint;
}

const PART = "payoutd/pps";

/** For the one that keeps the books. Closed minutes are paid in their order, each in a transaction of its own. */
export function createPpsBooker(deps: PpsDeps): Service {
  const { clock, board } = deps;
  return {
    name: PART,
    async run(signal) {
      while (!signal.aborted) {
        board.set(PART, ...say(await payAndGuard(deps, signal)));
        await clock.sleep(PAY_EVERY_MS, signal);
      }
    },
  };
}

interface Standing {
  readonly reserve: ReserveStanding;
  readonly waitsFor: string | null;
}

/** Pays what can be paid now, then looks at the reserve. After each minute: a floor is no floor if a day is paid past it. */
async function payAndGuard(deps: PpsDeps, signal: AbortSignal): Promise<Standing> {
  const { ledger, clock, log, network, reserveFloor: floor } = deps;
  let pay: Pay;
  do {
    pay = await ledger.transaction((tx) => payMinute(tx, clock.now()), { money: true });
    if (pay.kind === "paid") log.debug("paid a minute", { minute: pay.minute, sats: pay.sats });
    // In a transaction of its own: it takes the shares' lock, and that before all else.
    const fallenMs = await ledger.transaction(
      (tx) => guardReserve(tx, floor, clock.now()),
      { money: true },
    );
    if (fallenMs !== null) {
      log.error("the reserve is below its floor: falling back to PPLNS", {
        floor,
        from: new Date(fallenMs).toISOString(),
      });
    }
  } while (pay.kind === "paid" && !signal.aborted);
  const reserve = await ledger.transaction(
    (tx) => reserveStanding(tx, { network, floor, nowMs: clock.now() }),
    { snapshot: true },
  );
  return { reserve, waitsFor: pay.kind === "waits" ? pay.why : null };
}

function say({ reserve, waitsFor }: Standing): [Health, string] {
  const { immature, mature, period, floor, ruin, isNeeded } = reserve;
  const holds = `the reserve holds ${
    immature + mature
  } sats, ${immature} of them not mature, its floor is ${floor}`;
  if (period.isFallback) {
    return ["degraded", `fell back to PPLNS: ${holds}. To go back: deno task ledger scheme`];
  }
  if (waitsFor !== null) return ["degraded", `minutes are not paid: ${waitsFor}`];
  if (!isNeeded) return ["ok", "nothing is paid from the reserve"];
  if (immature + mature < floor) return ["degraded", `falling back to PPLNS: ${holds}`];
  const chance = ruin === null ? "" : `; it is ever empty with a chance of ${percent(ruin)}`;
  return ["ok", `${period.scheme} pays from the reserve: ${holds}${chance}`];
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`;
}
