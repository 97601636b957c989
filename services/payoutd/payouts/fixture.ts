/**
 * A ledger, a simulated chain and payouts on both, one step at a time. Imported by tests only.
 *
 * @module
 */
import { asHash, canonicalAddress, decodeBlock, hashFromDisplay } from "@gopool/chain";
import { signingKey } from "@gopool/chain/psbt";
import { accountsOf, IMMATURE, MATURE, ownAccounts, post } from "@gopool/ledger";
import { freshLedger } from "@gopool/ledger/fixture";
import {
  addCoinbaseCoins,
  type CoinbaseOutput,
  coinsAgainstBooks,
  matureCoins,
  type Payout,
  payoutOf,
  removeCoins,
} from "@gopool/ledger/payouts";
import type { Node, Nodes } from "@gopool/node";
import { startTestChain } from "@gopool/node/fixture";
import { createStatusBoard } from "@gopool/runtime";
import { captureLog, FakeClock } from "@gopool/testing";
import { PoolScripts } from "../blocks/coinbase.ts";
import { createChainFollower } from "../blocks/follower.ts";
import { signerOf } from "../signing/key_file.ts";
import type { PayoutsDeps, PayoutSettings } from "./deps.ts";
import { createPayouts, payoutListener } from "./mod.ts";
import { RESEND_MS } from "./limits.ts";

export const KEYS = [
  signingKey(new Uint8Array(32).fill(7), "p2wpkh"),
  signingKey(new Uint8Array(32).fill(8), "p2tr"),
] as const;
export const POOL_SCRIPT = KEYS[0].script;

/** P2WPKH of 20 equal bytes, and its address. */
export const script = (n: number) => Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]);
export const address = (n: number) => canonicalAddress(script(n), "regtest")!;

/** Nobody of ours. */
const STRANGER = script(0xee);

export const MATURITY = 8;
export const CONFIRMATIONS = 3;

/** A block whose coinbase is ours, as booked. */
export interface Reward extends CoinbaseOutput {
  /** Internal order. */
  readonly hash: Uint8Array;
  readonly height: number;
}

export interface StandOptions {
  readonly settings?: Partial<PayoutSettings>;
  readonly deps?: Partial<PayoutsDeps>;
}

export type PayoutStand = Awaited<ReturnType<typeof payoutStand>>;

/** On a simulated chain of its own, with helpers that mine. */
export async function payoutStand(o: StandOptions = {}) {
  const stack = new AsyncDisposableStack();
  const chain = stack.use(await startTestChain({ maturity: MATURITY, premine: 0 }));
  const { sim } = chain;
  const stand = stack.use(await standOn(chain.nodes, o));
  return {
    ...stand,
    sim,

    /** A block whose coinbase pays us, credited so; what is left is the pool's fee. */
    async reward(credits: Readonly<Record<number, bigint>>, key = KEYS[0]): Promise<Reward> {
      const [mined] = sim.mineTo(key.script, 1);
      const reward = {
        hash: hashFromDisplay(mined!.hash),
        height: mined!.height,
        vout: 0,
        ...mined!.reward,
      };
      await stand.book(reward, credits);
      return reward;
    },

    /** Blocks of others; what waits in the node is in them. */
    async mine(count: number): Promise<void> {
      sim.mineTo(STRANGER, count);
      await stand.sync();
    },

    /** Blocks of others that hold nothing. */
    async mineEmpty(count: number): Promise<void> {
      for (let i = 0; i < count; i++) sim.mineBlock({ script: STRANGER, transactions: false });
      await stand.sync();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** On any nodes; the first of them is read. */
export async function standOn(nodes: Nodes, o: StandOptions = {}) {
  const stack = new AsyncDisposableStack();
  const ledger = stack.use(await freshLedger());
  const [node] = nodes.list as [Node];
  const clock = new FakeClock();
  const { log, lines } = captureLog();
  const board = createStatusBoard(clock);
  const settings: PayoutSettings = {
    everyMs: 60_000,
    thresholdSats: 10_000n,
    approval: false,
    maxRunSats: 10n ** 12n,
    maxDaySats: 10n ** 12n,
    maxOutputs: 100,
    fees: { min: 1_000n, max: 200_000n, fallback: 5_000n },
    feeTargetBlocks: 6,
    feePayer: "pool",
    changeScript: POOL_SCRIPT,
    confirmations: CONFIRMATIONS,
    maturity: MATURITY,
    ...o.settings,
  };
  const deps: PayoutsDeps = {
    ledger,
    nodes,
    signer: signerOf("the tests' keys", POOL_SCRIPT, KEYS),
    clock,
    log,
    board,
    network: "regtest",
    settings,
    payeesOf: (_, addresses) =>
      Promise.resolve(
        new Map(addresses.map((name) => [name, {
          script: scriptOf(name),
          threshold: settings.thresholdSats,
        }])),
      ),
    leftOut: () => Promise.resolve(new Set()),
    unreadBlocks: () => Promise.resolve(0),
    ...o.deps,
  };
  const listener = payoutListener(deps);
  const follower = createChainFollower({
    ledger,
    nodes,
    clock,
    board,
    log,
    network: "regtest",
    scripts: new PoolScripts(KEYS.map((key) => key.script)),
    listeners: [listener],
  });
  const { signal } = new AbortController();
  let payouts = createPayouts(deps);
  const unripe: Reward[] = [];

  const stand = {
    ledger,
    node,
    clock,
    board,
    lines,
    deps,
    signal,
    listener,

    /** The follower reads what is new. */
    async sync(): Promise<void> {
      const tip = await node.tip();
      while (!(await follower.follow({ tip, node }, signal))) { /* block by block */ }
      const due = unripe.filter(({ height }) => tip.height - height + 1 >= settings.maturity);
      for (const reward of due) {
        unripe.splice(unripe.indexOf(reward), 1);
        await moveReward(reward, "maturity");
      }
    },

    /** Books a block whose coinbase pays us; what no credit takes is the pool's fee. */
    async book(reward: Reward, credits: Readonly<Record<number, bigint>>): Promise<void> {
      const { hash: blockHash, height, sats } = reward;
      await ledger.transaction(async (tx) => {
        const amounts = Object.values(credits);
        const ids = await accountsOf(tx, Object.keys(credits).map((n) => address(Number(n))));
        const own = await ownAccounts(tx);
        const rest = sats - amounts.reduce((sum, one) => sum + one, 0n);
        await post(tx, "credit", { blockHash, epoch: 0 }, [
          { account: own.rewards, bucket: IMMATURE, sats: -sats },
          ...(rest > 0n ? [{ account: own.fee, bucket: IMMATURE, sats: rest } as const] : []),
          ...ids.map((account, i) => ({ account, bucket: IMMATURE, sats: amounts[i]! } as const)),
        ], clock.now());
        await addCoinbaseCoins(tx, { blockHash, height, outputs: [reward] });
      }, { money: true });
      unripe.push(reward);
      await stand.sync();
    },

    /** A reward that left the chain for good. */
    async orphan(reward: Reward): Promise<void> {
      const at = unripe.indexOf(reward);
      if (at >= 0) unripe.splice(at, 1);
      await moveReward(reward, "reversal");
    },

    /** Everything payouts would do now, and again after a while. */
    async step(): Promise<void> {
      await clock.advance(RESEND_MS);
      await payouts.step(signal);
    },

    /** The process dies and another begins. */
    restart(more: Partial<PayoutsDeps> = {}): void {
      payouts = createPayouts({ ...deps, ...more });
    },

    payout: (id: bigint): Promise<Payout> =>
      ledger.transaction(async (tx) => (await payoutOf(tx, id))!),

    /** Mature and immature balance of a miner. */
    async balance(n: number): Promise<bigint> {
      const [row] = await ledger.ask<{ sats: string | null }>(
        `SELECT sum(sats)::text AS sats FROM balance JOIN account a ON a.id = account_id WHERE a.name = $1`,
        [address(n)],
      );
      return BigInt(row!.sats ?? 0);
    },

    /** What the best chain pays to a miner's script, and by how many outputs. */
    async onChain(n: number): Promise<{ sats: bigint; outputs: number }> {
      const { height } = await node.tip();
      let sats = 0n, outputs = 0;
      for (let at = 0; at <= height; at++) {
        const raw = await node.block(asHash((await node.hashAt(at))!));
        for (const transaction of decodeBlock(raw!).transactions) {
          for (const output of transaction.outputs) {
            if (canonicalAddress(output.script, "regtest") !== address(n)) continue;
            sats += output.sats;
            outputs++;
          }
        }
      }
      return { sats, outputs };
    },

    /** Coins and books; both must be 0. */
    differences: () => ledger.transaction(coinsAgainstBooks),

    detail: () => board.all().find(({ part }) => part === "payoutd/payouts")?.detail,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };

  /** As the keeper of blocks does: the books and the coins in one transaction. */
  function moveReward({ hash }: Reward, kind: "maturity" | "reversal"): Promise<void> {
    return ledger.transaction(async (tx) => {
      const own = await ownAccounts(tx);
      const rows = await tx.query<{ account: number; bucket: 0 | 1; sats: bigint }>(
        `SELECT account_id AS account, bucket, sum(sats) AS sats FROM entry
         JOIN transfer ON transfer.id = transfer_id WHERE block_hash = $1
         GROUP BY account_id, bucket HAVING sum(sats) <> 0`,
        [hash],
      );
      const entries = rows.flatMap(({ account, bucket, sats }) =>
        kind === "reversal" ? [{ account, bucket, sats: -sats }] : [
          { account, bucket: IMMATURE, sats: -sats } as const,
          {
            account: account === own.rewards ? own.wallet : account,
            bucket: MATURE,
            sats,
          } as const,
        ]
      );
      if (!(await post(tx, kind, { blockHash: hash, epoch: 0 }, entries, clock.now()))) return;
      if (kind === "maturity") await matureCoins(tx, hash);
      else await removeCoins(tx, hash);
    }, { money: true });
  }

  await stand.sync();
  return stand;
}

function scriptOf(name: string): Uint8Array {
  for (let n = 0; n < 256; n++) if (address(n) === name) return script(n);
  throw new Error(`no script of the tests: ${name}`);
}
