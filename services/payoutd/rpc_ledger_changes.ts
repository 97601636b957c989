/** What LedgerService changes: each by the desk, which writes its row of audit. @module */
import { type HandlerContext, note, type ServiceImpl } from "@gopool/control";
import type { SchemeName } from "@gopool/ledger/schemes";
import type { LedgerService } from "@gopool/proto/control";
import { adjust, moveReserve, setFees, setScheme } from "./desk/mod.ts";
import { actorOf, told } from "./rpc_errors.ts";
import type { LedgerRpcDeps } from "./rpc_ledger_reads.ts";

type Changes = Pick<
  ServiceImpl<typeof LedgerService>,
  "adjust" | "moveReserve" | "setScheme" | "setFees"
>;

export function ledgerChanges(deps: LedgerRpcDeps): Changes {
  return {
    adjust: told(async ({ account, sats, ...by }, context) => {
      const done = await adjust(deps, { account, sats }, actorOf(context, by));
      noteMoved(context, done);
      const { adjustment, before, after, again } = done;
      return { adjustment, beforeSats: before, afterSats: after, again };
    }),
    moveReserve: told(async ({ sats, ...by }, context) => {
      const done = await moveReserve(deps, sats, actorOf(context, by));
      noteMoved(context, done);
      return { beforeSats: done.before, afterSats: done.after, again: done.again };
    }),
    setScheme: told(async ({ scheme, windowThousandths, fromMs, reason }, context) => {
      const order = {
        // The protos name no other.
        scheme: scheme as SchemeName,
        windowThousandths: windowThousandths === 0 ? null : windowThousandths,
        fromMs: timeOrSoon(fromMs),
      };
      const from = await setScheme(deps, order, actorOf(context, { reason }));
      note(context, { before: "", after: `${scheme} from ${from}` });
      return { fromMs: BigInt(from) };
    }),
    setFees: told(async (asked, context) => {
      const { account, feeBasisPoints, donationBasisPoints, fromMs, reason } = asked;
      const from = await setFees(deps, {
        account: account === "" ? null : account,
        feeBasisPoints: feeBasisPoints ?? null,
        donationBasisPoints: donationBasisPoints ?? null,
        fromMs: timeOrSoon(fromMs),
      }, actorOf(context, { reason }));
      note(context, { before: "", after: `from ${from}` });
      return { fromMs: BigInt(from) };
    }),
  };
}

/** Null: as soon as may be. */
function timeOrSoon(ms: bigint): number | null {
  return ms === 0n ? null : Number(ms);
}

function noteMoved(
  context: HandlerContext,
  { before, after }: { readonly before: bigint; readonly after: bigint },
): void {
  note(context, { before: `${before} sats`, after: `${after} sats` });
}
