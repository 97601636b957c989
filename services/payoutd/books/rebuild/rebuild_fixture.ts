/**
 * A pool's history on a real chain, a bus and a ledger, made by payoutd's own parts. Imported by tests only.
 *
 * @module
 */
import { accountsOf, ownAccounts, post } from "@gopool/ledger";
import { closeThrough, minuteOf, sumUpHour } from "@gopool/ledger/shares";
import { waitFor } from "@gopool/testing";
import { address, POOL_SCRIPT, script, type Stand, startStand } from "../../blocks/fixture.ts";
import { PoolScripts } from "../../blocks/coinbase.ts";
import { NBITS, publishValid, validShare, withKeeper } from "../../shares/fixture.ts";
import { rebuild, type Rebuilt } from "./rebuild.ts";
import { busSource, historyOf, type Source } from "./sources.ts";

const MINUTE_MS = 60_000;

export interface Work {
  readonly miner: number;
  readonly work: bigint;
  readonly variant?: number;
}

/** Shares on partition 0, one after another, and how many there are by now. */
export class Miners {
  #offset = -1;

  constructor(readonly stand: Stand) {}

  async submit(shares: readonly Work[], loggedAtMs?: number): Promise<void> {
    const { bus, clock } = this.stand;
    const logId = await bus.logId();
    await publishValid(
      bus,
      shares.map(({ miner, work, variant = 0 }) => {
        const previous = this.#offset++;
        const more = { logId, account: address(miner), work, variant, nbits: NBITS };
        return validShare(this.#offset, previous, {
          ...more,
          loggedAtMs: loggedAtMs ?? clock.now(),
        });
      }),
    );
  }

  /** Runs share keeping until all of it is in the ledger. */
  async applied(): Promise<void> {
    const { bus, ledger, clock } = this.stand;
    const all = async () => {
      const [row] = await ledger.ask<{ at: bigint }>(
        `SELECT source_offset AS at FROM share_position JOIN log ON number = log
         WHERE partition = 0 AND closed_at_ms IS NULL`,
      );
      return row!.at === BigInt(this.#offset);
    };
    await withKeeper(bus, ledger, () => waitFor(all, "the shares in the ledger"), { clock });
  }
}

/** A history with blocks that mature, leave and return, payments of coinbases, a late share, and an operator's word. */
export async function makeHistory(
  stand: Stand,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const { ledger, clock } = stand;
  const miners = new Miners(stand);
  const unit = 1n << 32n;
  for (let i = 0; i < 5; i++) {
    await miners.submit([
      { miner: 2, work: unit / 7n },
      { miner: 3, work: unit / 3n + BigInt(i) },
      { miner: 4, work: 5n, variant: 1 },
    ]);
    await clock.advance(MINUTE_MS);
  }
  await miners.applied();
  const first = await stand.mine({ facts: { account: address(2) } });
  await stand.announce(first);
  await stand.look();
  await stand.settleLater();
  // Its minute is closed: it counts in a later one.
  await miners.submit([{ miner: 5, work: unit / 2n }], clock.now() - 6 * MINUTE_MS);
  await miners.submit([{ miner: 2, work: unit / 5n }]);
  await miners.applied();
  await between();
  await miners.submit([{ miner: 3, work: unit / 9n }, { miner: 7, work: unit / 8n }]);
  await miners.applied();
  await clock.advance(70 * MINUTE_MS);
  const solo = await stand.mine({
    outputs: [{ sats: 1_000_000n, script: script(6) }],
    facts: { account: address(6), variant: 1 },
  });
  await stand.announce(solo);
  const lost = await stand.mine({ facts: { account: address(3) } });
  await stand.announce(lost);
  await stand.look();
  await stand.settleLater();
  await stand.replace(lost);
  await stand.lookLong();
  await ledger.transaction(async (tx) => {
    await closeThrough(tx, minuteOf(clock.now()) - 3);
    while (await sumUpHour(tx));
  }, { money: true });
  await stand.mineOthers(5);
  await stand.look();
  await ledger.transaction(async (tx) => {
    const [adjustment] = await tx.query<{ id: bigint }>(
      "INSERT INTO adjustment (kind, operator, reason, at_ms) VALUES ('adjust', 'Ada', 'a gift', 0) RETURNING id",
    );
    const [account] = await accountsOf(tx, [address(2)]);
    const { operator } = await ownAccounts(tx);
    await post(tx, "adjust", { adjustmentId: adjustment!.id }, [
      { account: account!, bucket: 1, sats: 77n },
      { account: operator, bucket: 1, sats: -77n },
    ], 0);
  }, { money: true });
}

/** The rebuild of a stand's ledger from its bus, and from `more` places before that. */
export async function rebuildOf(
  { ledger, bus, nodes, signal }: Stand,
  more: readonly Source[] = [],
): Promise<Rebuilt> {
  return await rebuild({
    ledger,
    history: historyOf([...more, await busSource(bus)]),
    chain: { nodes, scripts: new PoolScripts([POOL_SCRIPT]) },
    books: { pool: "gopool", network: "regtest" },
    scratchPath: ":memory:",
    signal,
  });
}

export { type Stand, startStand };
