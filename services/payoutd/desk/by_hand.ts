/** Blocks and coins that an operator has the last word about. @module */
import { displayHash, type Hash } from "@gopool/chain";
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import { blockOf, bookUnknown, dismissUnknown } from "@gopool/ledger/blocks";
import {
  actOf,
  type Deposit,
  depositCoin,
  type Outpoint,
  writeOffCoin,
} from "@gopool/ledger/payouts";
import { settleAsPaid } from "../blocks/mod.ts";
import type { DeskDeps } from "./deps.ts";
import { Refused } from "./refused.ts";

/**
 * Books a block that cannot be split as its coinbase paid.
 *
 * @throws {Refused} It is split, or on no chain.
 */
export function settleByHand(
  { ledger, network, clock }: DeskDeps,
  hash: Uint8Array,
  actor: Actor,
): Promise<void> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    const waitsFor = (await blockOf(tx, hash))?.waitsFor ?? null;
    const by = actOf(actor, atMs);
    const why = await settleAsPaid(tx, hash, network, by);
    if (why !== null) throw new Refused(why);
    const block = nameOf(hash);
    await noteAudit(tx, actor, {
      before: { block, scheme: null, waitsFor },
      after: { block, scheme: "operator" },
    }, atMs);
  }, { money: true });
}

/**
 * Says what a coinbase is that the ledger does not know: a block of the pool's, or none of its business.
 *
 * @throws {NoSuchUnknown}
 */
export function resolveUnknown(
  { ledger, clock }: DeskDeps,
  hash: Uint8Array,
  word: "book" | "dismiss",
  actor: Actor,
): Promise<void> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    const resolve = word === "book" ? bookUnknown : dismissUnknown;
    await resolve(tx, hash, actor.who, actor.reason, atMs);
    const block = nameOf(hash);
    await noteAudit(tx, actor, {
      before: { block, resolution: null },
      after: { block, resolution: word === "book" ? "booked" : "dismissed" },
    }, atMs);
  }, { money: true });
}

/** A coin that no payment will ever spend. @throws {PayoutRefused} */
export function writeOff(
  { ledger, clock }: DeskDeps,
  coin: Outpoint,
  actor: Actor,
): Promise<void> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    await writeOffCoin(tx, coin, actOf(actor, atMs));
    const name = coinName(coin);
    await noteAudit(tx, actor, {
      before: { coin: name, state: "mature" },
      after: { coin: name, state: "lost" },
    }, atMs);
  }, { money: true });
}

/** A coin that is none of a coinbase; the caller has seen it on the chain. @throws {PayoutRefused} */
export function deposit(
  { ledger, clock }: DeskDeps,
  coin: Deposit,
  actor: Actor,
): Promise<void> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    await depositCoin(tx, coin, actOf(actor, atMs));
    const name = coinName(coin);
    await noteAudit(tx, actor, {
      before: { coin: name, state: null },
      after: { coin: name, state: "mature", sats: coin.sats },
    }, atMs);
  }, { money: true });
}

function nameOf(hash: Uint8Array): string {
  return displayHash(hash as Hash);
}

function coinName({ txid, vout }: Outpoint): string {
  return `${displayHash(txid as Hash)}:${vout}`;
}
