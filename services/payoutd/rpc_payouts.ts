/** PayoutService: payments, and operators' words about them. @module */
import { note, type ServiceImpl } from "@gopool/control";
import { latestPayouts, payoutLines, payoutOf } from "@gopool/ledger/payouts";
import type { PayoutService } from "@gopool/proto/control";
import { UnknownToBooks } from "./desk/mod.ts";
import {
  approve,
  bump,
  cancel,
  listPayouts,
  pause,
  type PayoutsDeps,
  previewPayouts,
  resume,
  runNow,
} from "./payouts/mod.ts";
import { actorOf, told } from "./rpc_errors.ts";
import { createLooks, type Looks } from "./rpc_looks.ts";
import { pageOf, placeOf, sizeOf } from "./rpc_paging.ts";
import {
  asideMessages,
  attemptMessage,
  coinName,
  lineMessage,
  paymentMessages,
  PAYOUT_STATES,
  summaryMessage,
} from "./rpc_payout_shapes.ts";
import { nameOf, timeOf } from "./rpc_shapes.ts";

/** Accounts set aside and coins in trouble that one answer names. */
const NAMED_MAX = 1_000;

/** @param looks Shared with LedgerService in a process. */
export function createPayoutRpc(
  deps: PayoutsDeps,
  looks: Looks = createLooks(),
): ServiceImpl<typeof PayoutService> {
  const { ledger, network, signer, settings } = deps;
  return {
    previewPayouts: told(async ({ lines }, { signal }) => {
      const result = await looks(() => previewPayouts(deps, signal));
      if (result.kind === "rested") return { rested: result.why };
      const { run, feeRate, estimated, asides } = result;
      return {
        dueSats: run.dueSats,
        plannedSats: run.plannedSats,
        feeRate,
        estimated,
        payments: paymentMessages(run.plans, sizeOf(lines), network),
        asides: await asideMessages(ledger, asides),
      };
    }),

    listPayouts: told(async ({ pageSize, pageToken, state }) => {
      const size = sizeOf(pageSize);
      const place = placeOf(pageToken, "bigint");
      const wanted = nameOf(PAYOUT_STATES, state);
      const found = await ledger.transaction(
        (tx) =>
          latestPayouts(tx, size + 1, {
            beforeId: place === null ? null : BigInt(place[0]!),
            ...wanted === undefined ? {} : { state: wanted },
          }),
        { snapshot: true },
      );
      const { rows, nextPageToken } = pageOf(found, size, ({ id }) => [id]);
      return { payouts: rows.map(summaryMessage), nextPageToken };
    }),

    getPayout: told(({ id }) =>
      ledger.transaction(async (tx) => {
        const [summary] = await latestPayouts(tx, 1, { id });
        if (summary === undefined) throw noSuch(id);
        const { feePayer, confirmedAtMs, attempts } = (await payoutOf(tx, id))!;
        return {
          payout: summaryMessage(summary),
          feePayer,
          confirmedAtMs: timeOf(confirmedAtMs),
          attempts: attempts.map(attemptMessage),
        };
      }, { snapshot: true })
    ),

    listPayoutLines: told(async ({ id, pageSize, pageToken }) => {
      const size = sizeOf(pageSize);
      const [afterAccount] = placeOf(pageToken, "int") ?? ["0"];
      const found = await ledger.transaction(async (tx) => {
        if ((await latestPayouts(tx, 1, { id })).length === 0) throw noSuch(id);
        return await payoutLines(tx, id, { afterAccount: Number(afterAccount), limit: size + 1 });
      }, { snapshot: true });
      const { rows, nextPageToken } = pageOf(found, size, ({ account }) => [account]);
      return { lines: rows.map((line) => lineMessage(line, network)), nextPageToken };
    }),

    getPayoutStanding: told(async () => {
      const { control, asides, coins } = await listPayouts(ledger, NAMED_MAX);
      return {
        paused: control.paused,
        who: control.by?.operator ?? "",
        reason: control.by?.reason ?? "",
        sinceMs: timeOf(control.sinceMs),
        lastRunAtMs: timeOf(control.lastRunMs),
        asides: asides.map(({ name, reason, sinceMs }) => ({
          account: name,
          reason,
          sinceMs: timeOf(sinceMs),
        })),
        coins: coins.slice(0, NAMED_MAX).map(({ txid, vout, sats, trouble }) => ({
          coin: coinName(txid, vout),
          sats,
          trouble,
        })),
        signer: signer?.name ?? "",
        approval: settings.approval,
      };
    }),

    runPayouts: told(async ({ reason }, context) => {
      const result = await runNow(deps, actorOf(context, { reason }), context.signal);
      if (result.kind === "rested") return { rested: result.why };
      const { payouts, run: { dueSats, plannedSats } } = result;
      note(context, { before: "", after: `payouts ${payouts.join(", ") || "none"}` });
      return { payouts: [...payouts], dueSats, plannedSats };
    }),

    approvePayout: told(async ({ id, reason }, context) => {
      await approve(deps, await known(id), actorOf(context, { reason }));
      note(context, { before: `payout ${id} awaiting`, after: `payout ${id} planned` });
      return {};
    }),

    cancelPayout: told(async ({ id, reason }, context) => {
      await cancel(deps, await known(id), actorOf(context, { reason }));
      note(context, { before: `payout ${id}`, after: `payout ${id} cancelled` });
      return {};
    }),

    pausePayouts: told(async ({ reason }, context) => {
      const wasPaused = await pause(deps, actorOf(context, { reason }));
      note(context, { before: standing(wasPaused), after: standing(true) });
      return { wasPaused };
    }),

    resumePayouts: told(async ({ reason }, context) => {
      const wasPaused = await resume(deps, actorOf(context, { reason }));
      note(context, { before: standing(wasPaused), after: standing(false) });
      return { wasPaused };
    }),

    bumpPayout: told(async ({ id, feeRate, reason }, context) => {
      const actor = actorOf(context, { reason });
      const done = await bump(deps, await known(id), feeRate, actor, context.signal);
      const { attempt, feeSats, moreSats, added } = done;
      note(context, {
        before: `payout ${id}, fee ${feeSats - moreSats} sats`,
        after: `payout ${id}, attempt ${attempt}, fee ${feeSats} sats`,
      });
      return { attempt, feeSats, moreSats, addedCoins: added };
    }),
  };

  /** @throws {UnknownToBooks} What there is none of is not found: it is not that it could not be done now. */
  async function known(id: bigint): Promise<bigint> {
    const found = await ledger.transaction((tx) => latestPayouts(tx, 1, { id }), {
      snapshot: true,
    });
    if (found.length === 0) throw noSuch(id);
    return id;
  }
}

function noSuch(id: bigint): UnknownToBooks {
  return new UnknownToBooks(`There is no payout ${id}`);
}

function standing(paused: boolean): string {
  return paused ? "paused" : "going on";
}
