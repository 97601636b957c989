/** The ledger's things as messages. @module */
import {
  canonicalAddress,
  displayHash,
  type Hash,
  hashFromDisplay,
  type Network,
} from "@gopool/chain";
import type { Block, BlockState } from "@gopool/ledger/blocks";
import type { AccountBalance, BookedEntry, NamedCredit } from "@gopool/ledger/views";
import type { AuditRow } from "@gopool/ledger/audit";
import { MINUTE_MS } from "@gopool/ledger";
import { LedgerBlockState } from "@gopool/proto/control";

export function shownHash(hash: Uint8Array | null): string {
  return hash === null ? "" : displayHash(hash as Hash);
}

/** Internal order. The protos hold it to 64 hex digits. */
export function hashOf(shown: string): Uint8Array {
  return hashFromDisplay(shown);
}

export function addressOf(script: Uint8Array, network: Network): string {
  return canonicalAddress(script, network) ?? "";
}

export function timeOf(ms: number | null): bigint {
  return BigInt(ms ?? 0);
}

/** JSON with amounts as text. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, one) => typeof one === "bigint" ? String(one) : one);
}

export function accountMessage({ name, kind, immature, mature }: AccountBalance) {
  return { name, kind, immatureSats: immature, matureSats: mature };
}

export function entryMessage({ place, atMs, kind, account, sats, cause }: BookedEntry) {
  return {
    transfer: place.transfer,
    atMs: BigInt(atMs),
    kind,
    account,
    mature: place.bucket === 1,
    sats,
    cause: causeMessage(cause),
  };
}

function causeMessage(cause: BookedEntry["cause"]) {
  switch (cause.kind) {
    case "block":
      return {
        case: "block",
        value: { hash: shownHash(cause.hash), epoch: cause.epoch },
      } as const;
    case "payout":
      return { case: "payout", value: { id: cause.id, attempt: cause.attempt } } as const;
    case "minute":
      return { case: "minuteAtMs", value: BigInt(cause.minute * MINUTE_MS) } as const;
    case "operator": {
      const { adjustment, operator: who, reason } = cause;
      return { case: "operator", value: { adjustment, who, reason } } as const;
    }
  }
}

export const BLOCK_STATES: Readonly<Record<BlockState, LedgerBlockState>> = {
  found: LedgerBlockState.FOUND,
  confirmed: LedgerBlockState.CONFIRMED,
  mature: LedgerBlockState.MATURE,
  orphaned: LedgerBlockState.ORPHANED,
};

export function blockMessage(block: Block) {
  return {
    hash: shownHash(block.hash),
    height: block.height,
    foundAtMs: BigInt(block.foundAtMs),
    state: BLOCK_STATES[block.state],
    confirmations: Math.max(0, block.confirmations ?? 0),
    epoch: block.epoch,
    booked: block.booked,
    valueSats: block.value ?? 0n,
    scheme: block.scheme ?? "",
    feeSats: block.fee ?? 0n,
    donationSats: block.donation ?? 0n,
    finder: block.finder,
    worker: block.worker,
    waitsFor: block.waitsFor ?? "",
  };
}

export function creditMessage(credit: Omit<NamedCredit, "accountId">) {
  const { account, sats, weight, feeBasisPoints, donationBasisPoints, paid, carried } = credit;
  return {
    account,
    sats,
    weight: String(weight),
    feeBasisPoints,
    donationBasisPoints,
    paidSats: paid,
    carriedSats: carried,
  };
}

export function auditMessage({ id, atMs, who, method, reason, before, after }: AuditRow) {
  return {
    id,
    atMs: BigInt(atMs),
    who,
    method,
    reason,
    beforeJson: jsonOf(before),
    afterJson: jsonOf(after),
  };
}

/** The name of a value by its code; undefined for the code that means all. */
export function nameOf<N extends string>(
  names: Readonly<Record<N, number>>,
  code: number,
): N | undefined {
  return (Object.keys(names) as N[]).find((name) => names[name] === code);
}
