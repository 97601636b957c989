/** LedgerService's looks at accounts, entries, schedules and audit. @module */
import type { Network } from "@gopool/chain";
import type { ServiceImpl } from "@gopool/control";
import { type Ledger, MINUTE_MS, minuteOf, type Tx } from "@gopool/ledger";
import { auditRows } from "@gopool/ledger/audit";
import { feesAt, type OwnRates, schemeAt, schemePeriods } from "@gopool/ledger/schemes";
import {
  type AccountBalance,
  accountFacts,
  type AccountFilter,
  accountNamed,
  accountPage,
  entryPage,
  largestBalances,
  sumsByKind,
  workersOf,
} from "@gopool/ledger/views";
import { AccountFilter as Filter, type LedgerService } from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import { UnknownToBooks } from "./desk/mod.ts";
import { reserveStanding } from "./pps/mod.ts";
import { told } from "./rpc_errors.ts";
import type { Looks } from "./rpc_looks.ts";
import { pageOf, placeOf, sizeOf } from "./rpc_paging.ts";
import { accountMessage, auditMessage, entryMessage, hashOf, nameOf } from "./rpc_shapes.ts";

export interface LedgerRpcDeps {
  readonly ledger: Ledger;
  readonly network: Network;
  readonly clock: Pick<Clock, "now">;
  /** Blocks until a coinbase can be spent. */
  readonly maturity: number;
  readonly reserveFloor: bigint;
}

type Reads = Pick<
  ServiceImpl<typeof LedgerService>,
  | "listAccounts"
  | "getAccount"
  | "listEntries"
  | "balances"
  | "getReserve"
  | "getSchedule"
  | "listAudit"
>;

/** Machines of one account, and accounts with rates of their own, that one answer names. */
const NAMED_MAX = 1_000;
/** Largest balances where nobody says how many. */
const LARGEST = 10;

const FILTERS: Readonly<Record<AccountFilter, Filter>> = {
  all: Filter.UNSPECIFIED,
  miners: Filter.MINERS,
  own: Filter.OWN,
  debtors: Filter.DEBTORS,
};

export function ledgerReads(
  { ledger, network, clock, reserveFloor }: LedgerRpcDeps,
  looks: Looks,
): Reads {
  const read = <T>(work: (tx: Tx) => Promise<T>) => ledger.transaction(work, { snapshot: true });
  return {
    listAccounts: told(async ({ pageSize, pageToken, filter, prefix }) => {
      const size = sizeOf(pageSize);
      const [afterId] = placeOf(pageToken, "int") ?? ["0"];
      const asked = {
        afterId: Number(afterId),
        filter: nameOf(FILTERS, filter) ?? "all",
        prefix,
        limit: size + 1,
      };
      const found = await read((tx) => accountPage(tx, asked));
      const { rows, nextPageToken } = pageOf(found, size, ({ id }) => [id]);
      return { accounts: rows.map(accountMessage), nextPageToken };
    }),

    getAccount: told(({ name }) =>
      read(async (tx) => {
        const account = await existing(tx, name);
        const { entries, paid } = await accountFacts(tx, account.id);
        const workers = await workersOf(tx, account.id, NAMED_MAX);
        return {
          account: accountMessage(account),
          entries,
          paidSats: paid,
          workers: workers.map(({ name, firstSeenMs, lastSeenMs }) => ({
            name,
            firstSeenAtMs: BigInt(firstSeenMs),
            lastSeenAtMs: BigInt(lastSeenMs),
          })),
        };
      })
    ),

    listEntries: told(async (asked) => {
      const { account, blockHash, payoutId, kind, fromMs, untilMs, newestFirst } = asked;
      const size = sizeOf(asked.pageSize);
      const place = placeOf(asked.pageToken, "bigint", "int", "int");
      const search = () =>
        read(async (tx) =>
          await entryPage(tx, {
            after: place === null ? null : {
              transfer: BigInt(place[0]!),
              account: Number(place[1]),
              bucket: Number(place[2]) === 0 ? 0 : 1,
            },
            newestFirst,
            limit: size + 1,
            ...account === "" ? {} : { account: (await existing(tx, account)).id },
            ...blockHash === "" ? {} : { block: hashOf(blockHash) },
            ...payoutId === 0n ? {} : { payout: payoutId },
            ...kind === "" ? {} : { kind },
            ...fromMs === 0n ? {} : { fromMs: Number(fromMs) },
            ...untilMs === 0n ? {} : { untilMs: Number(untilMs) },
          })
        );
      // No index leads to these: all of the books, or all of an account's entries, may be read for one page.
      const isLong = (kind !== "" || fromMs !== 0n || untilMs !== 0n) &&
        blockHash === "" && payoutId === 0n;
      const found = isLong ? await looks(search) : await search();
      const { rows, nextPageToken } = pageOf(
        found,
        size,
        ({ place }) => [place.transfer, place.account, place.bucket],
      );
      return { entries: rows.map(entryMessage), nextPageToken };
    }),

    balances: told(({ largest }) =>
      read(async (tx) => ({
        kinds: (await sumsByKind(tx)).map(({ kind, accounts, immature, mature }) => ({
          kind,
          accounts: Number(accounts),
          immatureSats: immature,
          matureSats: mature,
        })),
        largest: (await largestBalances(tx, "miners", largest === 0 ? LARGEST : largest))
          .map(accountMessage),
      }))
    ),

    getReserve: told(async () => {
      const { immature, mature, floor, period, isNeeded, ruin } = await read((tx) =>
        reserveStanding(tx, { network, floor: reserveFloor, nowMs: clock.now() })
      );
      return {
        immatureSats: immature,
        matureSats: mature,
        floorSats: floor,
        scheme: period.scheme,
        fellBack: period.isFallback,
        needed: isNeeded,
        ...ruin === null ? {} : { ruin },
      };
    }),

    getSchedule: told(() =>
      read(async (tx) => {
        const nowMs = clock.now();
        const periods = await schemePeriods(tx);
        const { pool, own } = await feesAt(tx, nowMs);
        return {
          periods: periods.map(({ fromMinute, scheme, params, isFallback }) => ({
            fromMs: BigInt(fromMinute * MINUTE_MS),
            scheme,
            windowThousandths: params.windowThousandths,
            fallback: isFallback,
          })),
          inForce: periods.indexOf(schemeAt(periods, minuteOf(nowMs))),
          ...pool,
          own: [...own].slice(0, NAMED_MAX).map(ratesMessage),
          more: own.size > NAMED_MAX,
        };
      })
    ),

    listAudit: told(async ({ pageSize, pageToken, who, method }) => {
      const size = sizeOf(pageSize);
      const place = placeOf(pageToken, "bigint");
      const found = await read((tx) =>
        auditRows(tx, {
          beforeId: place === null ? null : BigInt(place[0]!),
          ...who === "" ? {} : { who },
          ...method === "" ? {} : { method },
          limit: size + 1,
        })
      );
      const { rows, nextPageToken } = pageOf(found, size, ({ id }) => [id]);
      return { rows: rows.map(auditMessage), nextPageToken };
    }),
  };
}

async function existing(tx: Tx, name: string): Promise<AccountBalance> {
  const found = await accountNamed(tx, name);
  if (found === null) throw new UnknownToBooks(`The books have no account ${name}`);
  return found;
}

function ratesMessage([account, rates]: readonly [string, OwnRates]) {
  const { feeBasisPoints: fee, donationBasisPoints: donation } = rates;
  return {
    account,
    ...fee === null ? {} : { feeBasisPoints: fee },
    ...donation === null ? {} : { donationBasisPoints: donation },
  };
}
