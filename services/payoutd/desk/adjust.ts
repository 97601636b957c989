/** Money moved by hand. @module */
import { accountsOf, MATURE, ownAccounts, post, type Tx } from "@gopool/ledger";
import { type Actor, type AuditRow, noteAudit } from "@gopool/ledger/audit";
import { actOf, noteAct } from "@gopool/ledger/payouts";
import { moveReserve as moveIn, reserveOf } from "@gopool/ledger/schemes";
import type { DeskDeps } from "./deps.ts";
import { canonicalMiner } from "./miners.ts";
import { Refused } from "./refused.ts";
import { doneBefore } from "./repeats.ts";

export interface Moved {
  /** Of the account, mature, in satoshis. */
  readonly before: bigint;
  readonly after: bigint;
  /** It was done when the same request came before; nothing was done now. */
  readonly again: boolean;
}

export interface Adjusted extends Moved {
  readonly adjustment: bigint;
}

export interface Adjustment {
  /** A miner's address, or the kind of one of the pool's own accounts. */
  readonly account: string;
  /** More owed to the account, or, below zero, less. Never zero. */
  readonly sats: bigint;
}

/**
 * Moves money between an account and "operator", whose other side is outside the books.
 *
 * @throws {Refused} The account follows its coins or payouts, or the request was another before.
 * @throws {BadRequest} It is no address of this network's, or written otherwise in the books.
 */
export function adjust(
  { ledger, network, clock }: DeskDeps,
  { account, sats }: Adjustment,
  actor: Actor,
): Promise<Adjusted> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    const what = { account, sats: String(sats) };
    const earlier = await doneBefore(tx, actor, what);
    if (earlier !== null) {
      return { ...movedBefore(earlier), adjustment: BigInt(String(earlier.after.adjustment)) };
    }
    const own = await ownAccounts(tx);
    const target = new Map<string, number>(Object.entries(own)).get(account) ??
      (await accountsOf(tx, [canonicalMiner(account, network)]))[0]!;
    if (target === own.operator) {
      throw new Refused('"operator" is the other side of every adjustment');
    }
    // Coins and payouts stand beside them: what happens to those moves these.
    if ([own.wallet, own.rewards, own.transit].includes(target)) {
      throw new Refused(`"${account}" follows its coins or payouts: it is not adjusted by hand`);
    }
    const before = await matureOf(tx, target);
    const after = before + sats;
    const act = actOf(actor, atMs);
    const adjustment = await noteAct(tx, "adjust", act, what);
    await post(tx, "adjust", { adjustmentId: adjustment }, [
      { account: target, bucket: MATURE, sats },
      { account: own.operator, bucket: MATURE, sats: -sats },
    ], atMs);
    await noteAudit(tx, actor, {
      before: { account, mature: before },
      after: { ...what, mature: after, adjustment },
    }, atMs);
    return { adjustment, before, after, again: false };
  }, { money: true });
}

/**
 * Puts money of the operator's into the reserve, or, below zero, takes some out.
 *
 * @throws {Refused} It has not so much.
 */
export function moveReserve(
  { ledger, clock }: DeskDeps,
  sats: bigint,
  actor: Actor,
): Promise<Moved> {
  const nowMs = clock.now();
  return ledger.transaction(async (tx) => {
    const what = { account: "reserve", sats: String(sats) };
    const earlier = await doneBefore(tx, actor, what);
    if (earlier !== null) return movedBefore(earlier);
    const { mature: before } = await reserveOf(tx);
    const why = await moveIn(tx, sats, { operator: actor.who, reason: actor.reason, nowMs });
    if (why !== null) throw new Refused(why);
    const after = before + sats;
    await noteAudit(tx, actor, {
      before: { account: "reserve", mature: before },
      after: { ...what, mature: after },
    }, nowMs);
    return { before, after, again: false };
  }, { money: true });
}

function movedBefore({ before, after }: AuditRow): Moved {
  return {
    before: BigInt(String(before.mature)),
    after: BigInt(String(after.mature)),
    again: true,
  };
}

async function matureOf(tx: Tx, account: number): Promise<bigint> {
  const [row] = await tx.query<{ sats: bigint }>(
    "SELECT sats FROM balance WHERE account_id = $1 AND bucket = 1",
    [account],
  );
  return row?.sats ?? 0n;
}
