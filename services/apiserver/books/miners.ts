/** A miner's money and choices, read from the books. @module */
import { canonicalAddress, type Network } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import { type Client, clientOf, greatestNonce, requestText } from "@gopool/ledger/clients";
import { ratesAt } from "@gopool/ledger/schemes";
import { type Terms, termsOf } from "@gopool/ledger/terms";
import {
  accountNamed,
  DAY_MS,
  earningsByDay,
  firstEntryMs,
  type OwnPayment,
  paidTo,
  paymentsTo,
} from "@gopool/ledger/views";
import { shown } from "./blocks.ts";
import { EXAMPLE_LIFE_MS, EXAMPLE_THRESHOLD_SATS, PAYOUTS_SHOWN } from "./limits.ts";
import { pageOf, placeOf } from "./pages.ts";
import type {
  DayEarnings,
  MinerMoney,
  MinerPayout,
  MinerSettings,
  Page,
  PageAsked,
} from "./types.ts";

export async function moneyOf(
  tx: Tx,
  address: string,
  nowMs: number,
): Promise<Omit<MinerMoney, "estimate"> | null> {
  const client = await clientOf(tx, address, nowMs);
  if (client === null) return null;
  const { account } = client;
  const balance = await accountNamed(tx, address);
  const { paid, onTheWay } = await paidTo(tx, account);
  const payouts = await paymentsTo(tx, account, { beforeId: null, limit: PAYOUTS_SHOWN });
  return {
    address,
    immatureSats: balance?.immature ?? 0n,
    matureSats: balance?.mature ?? 0n,
    paidSats: paid,
    onTheWaySats: onTheWay,
    ...await inForce(tx, client, nowMs),
    payouts: payouts.map(minerPayout),
  };
}

/** @throws {BadPage} */
export async function payoutsTo(
  tx: Tx,
  account: number,
  page: PageAsked,
): Promise<Page<MinerPayout>> {
  const place = placeOf(page.token, "bigint");
  const beforeId = place === null ? null : BigInt(place[0]!);
  const found = await paymentsTo(tx, account, { beforeId, limit: page.size + 1 });
  return pageOf(found, page, ({ id }) => [id], minerPayout);
}

/** Every one of the last days, the newest first, back to the one on which it was first credited. */
export async function earningsOf(
  tx: Tx,
  account: number,
  days: number,
  nowMs: number,
): Promise<DayEarnings[]> {
  const today = Math.floor(nowMs / DAY_MS);
  const firstMs = await firstEntryMs(tx, account);
  if (firstMs === null) return [];
  const from = Math.max(today - days + 1, Math.floor(firstMs / DAY_MS));
  const booked = await earningsByDay(tx, account, from);
  const byDay = new Map(booked.map((sum) => [sum.day, sum]));
  // A clock that books may be ahead of this one.
  const newest = Math.max(today, booked[0]?.day ?? today);
  return Array.from({ length: Math.max(0, newest - from + 1) }, (_, back) => {
    const { sats = 0n, credits = 0 } = byDay.get(newest - back) ?? {};
    return { day: dayName(newest - back), sats, credits };
  });
}

export async function settingsOf(
  tx: Tx,
  address: string,
  { network, pool, nowMs }: {
    readonly network: Network;
    readonly pool: string;
    readonly nowMs: number;
  },
): Promise<MinerSettings | null> {
  const client = await clientOf(tx, address, nowMs);
  if (client === null) return null;
  const addressOf = (script: Uint8Array | null) =>
    script === null ? address : canonicalAddress(script, network) ?? script.toHex();
  const { script, pending } = client;
  const force = await inForce(tx, client, nowMs);
  const nextNonce = nonceAfter(await greatestNonce(tx, client.account), nowMs);
  const example = {
    pool,
    network,
    account: address,
    setting: "threshold" as const,
    value: String(force.thresholdSats === 0n ? EXAMPLE_THRESHOLD_SATS : force.thresholdSats),
    nonce: nextNonce.toString(16).padStart(NONCE_DIGITS, "0"),
    // Whole seconds.
    expiresAtMs: Math.floor((nowMs + EXAMPLE_LIFE_MS) / 1_000) * 1_000,
  };
  return {
    address,
    ...force,
    payoutAddress: addressOf(script),
    pending: pending === null
      ? null
      : { address: addressOf(pending.script), fromMs: pending.fromMs },
    nextNonce,
    messageExample: requestText(example),
  };
}

/** What holds for an account: its own choice, else the pool's. */
async function inForce(tx: Tx, { account, thresholdSats }: Client, nowMs: number) {
  const terms = await termsOf(tx);
  const rates = await ratesAt(tx, account, nowMs);
  return {
    thresholdSats: thresholdOf(thresholdSats, terms),
    feeBasisPoints: rates?.feeBasisPoints ?? 0,
    donationBasisPoints: rates?.donationBasisPoints ?? 0,
    leastThresholdSats: terms?.leastThresholdSats ?? 0n,
    addressDelayMs: terms?.addressDelayMs ?? 0,
  };
}

/** One that was chosen when less was allowed counts as the least. */
function thresholdOf(chosen: bigint | null, terms: Terms | null): bigint {
  const wanted = chosen ?? terms?.thresholdSats ?? 0n;
  const least = terms?.leastThresholdSats ?? 0n;
  return wanted < least ? least : wanted;
}

const NONCE_DIGITS = 16;
const NONCE_END = 1n << 64n;

/**
 * Greater than any that was used, and than any that another day proposed; where a wallet used the greatest there is, the
 * time alone.
 */
function nonceAfter(used: bigint | null, nowMs: number): bigint {
  const now = BigInt(Math.floor(nowMs));
  const next = (used ?? 0n) + 1n;
  return next > now && next < NONCE_END ? next : now;
}

function minerPayout(
  { id, state, plannedAtMs, grossSats, feeSats, txid }: OwnPayment,
): MinerPayout {
  return {
    id,
    atMs: plannedAtMs,
    state,
    sats: grossSats,
    feeSats,
    txid: txid === null ? "" : shown(txid),
  };
}

/** "2026-11-23". */
function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
