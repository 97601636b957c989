/**
 * A ledger, nodes and a bus with the block services on them, one step at a time. Imported by tests only.
 *
 * @module
 */
import { blockFound, type Bus, encodeRecord, openBus } from "@gopool/bus";
import { canonicalAddress, type Sats } from "@gopool/chain";
import { accountsOf, type ChainListener, type SchemeName } from "@gopool/ledger";
import { type Block, blockOf } from "@gopool/ledger/blocks";
import { freshLedger } from "@gopool/ledger/fixture";
import { openFees, openSchedule } from "@gopool/ledger/schemes";
import { minuteOf, openLog, type ShareScheme } from "@gopool/ledger/shares";
import { type Nodes, openNodes } from "@gopool/node";
import { startTestChain, type TestChain } from "@gopool/node/fixture";
import { type BlockFacts, BlockOutcome } from "@gopool/proto";
import { createStatusBoard, seededRandom, systemClock } from "@gopool/runtime";
import { captureLog, FakeClock, waitFor } from "@gopool/testing";
import { PoolScripts } from "./coinbase.ts";
import type { BlocksDeps } from "./deps.ts";
import { createChainFollower } from "./follower.ts";
import { LOOK_EVERY_MS, ORPHAN_AFTER_MS, ORPHAN_LOOKS, SETTLE_AFTER_MS } from "./limits.ts";
import { makeBlock, type Mined, type SomeFacts } from "./mined_fixture.ts";
import { createReconciler } from "./reconciler.ts";
import { createSettler } from "./settler.ts";
import { createBlockTaker } from "./taker.ts";
import { createUnknownWatch } from "./unknown.ts";
import { createBlockWatcher } from "./watcher.ts";

export type { Mined };

/** P2WPKH of 20 equal bytes, and its address. */
export const script = (n: number) => Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]);
export const address = (n: number) => canonicalAddress(script(n), "regtest")!;
export const POOL_SCRIPT = script(1);
export const EASY_BITS = 0x207fffff;

export interface StandOptions {
  readonly nodes?: number;
  readonly maturity?: number;
  readonly scheme?: SchemeName;
  readonly feeBasisPoints?: number;
  readonly listeners?: readonly ChainListener[];
  /** Real nodes instead of simulated ones, and whoever disposes them: the caller. */
  readonly on?: Nodes;
  /** Log time from which the books have shares. */
  readonly opensAtMs?: number;
  /** Default: a log in memory. */
  readonly bus?: (clock: FakeClock) => Promise<Bus>;
}

export interface MineOptions {
  /** Outputs before the rest, which goes to `rest`, the pool unless told otherwise. */
  readonly outputs?: readonly { readonly sats: bigint; readonly script: Uint8Array }[];
  readonly rest?: Uint8Array;
  readonly facts?: SomeFacts;
  /** Which nodes are given it; all unless told otherwise. */
  readonly to?: readonly number[];
}

export type Stand = Awaited<ReturnType<typeof startStand>>;

export async function startStand(options: StandOptions = {}) {
  const { maturity = 4, scheme = "pplns", feeBasisPoints = 100 } = options;
  const stack = new AsyncDisposableStack();
  const ledger = stack.use(await freshLedger());
  const clock = new FakeClock();
  const bus = stack.use(await (options.bus?.(clock) ?? openBus("memory:", { clock })));
  const chains: TestChain[] = [];
  for (let i = 0; i < (options.on ? 0 : options.nodes ?? 1); i++) {
    chains.push(stack.use(await startTestChain({ maturity })));
  }
  const nodes = options.on ?? stack.use(openNodes({
    nodes: chains.map(({ sim }) => ({ url: new URL(sim.url) })),
  }, { clock: systemClock }));
  const { log, lines } = captureLog();
  const deps: BlocksDeps = {
    bus,
    ledger,
    nodes,
    clock,
    random: seededRandom(1),
    log,
    board: createStatusBoard(clock),
    pool: "gopool",
    network: "regtest",
    scripts: new PoolScripts([POOL_SCRIPT]),
    maturity,
    listeners: options.listeners ?? [],
  };
  await ledger.transaction(async (tx) => {
    await openSchedule(tx, { scheme, params: { windowThousandths: 1_000 } }, clock.now());
    await openFees(tx, { feeBasisPoints, donationBasisPoints: 0 }, clock.now());
    await openLog(tx, {
      id: await bus.logId(),
      busId: await bus.logId(),
      beginsAtMs: options.opensAtMs ?? 0,
      positions: (await bus.ends(blockFound)).map(({ partition }) => ({
        partition,
        sourceOffset: -1,
        headerHash: new Uint8Array(32),
        loggedAtMs: 0,
        nextOffset: 0,
      })),
      adjustmentId: null,
    }, clock.now());
  });
  const watcher = createBlockWatcher(deps);
  const settler = createSettler(deps);
  const follower = createChainFollower(deps);
  const signal = new AbortController().signal;

  const ended = new AbortController();
  const taking = createBlockTaker(deps).run(ended.signal);
  stack.defer(async () => {
    ended.abort();
    await taking;
  });

  const stand = {
    ledger,
    clock,
    bus,
    chains,
    get sim() {
      return chains[0]!.sim;
    },
    nodes,
    deps,
    lines,
    signal,
    watcher,
    settler,
    follower,
    unknown: createUnknownWatch(deps),
    reconciler: createReconciler(deps),

    /** A block of the pool's on the first node's tip. */
    async mine(
      { outputs = [], rest = POOL_SCRIPT, facts = {}, to }: MineOptions = {},
    ): Promise<Mined> {
      const template = await nodes.list[0]!.template();
      const recipe = [...outputs.map(({ sats, script }) => ({ sats: sats as Sats, script })), {
        sats: null,
        script: rest,
      }];
      const mined = makeBlock(template, recipe, clock.now(), facts);
      for (const i of to ?? nodes.list.keys()) await nodes.list[i]!.submit(mined.raw);
      return mined;
    },
    /** Blocks of nobody we know on the first node's chain, given to all. */
    async mineOthers(count: number): Promise<void> {
      for (let i = 0; i < count; i++) {
        const { hash } = chains[0]!.sim.mineBlock({ transactions: false });
        const raw = await chains[0]!.node.block(Uint8Array.fromHex(hash).reverse() as never);
        for (const { node } of chains.slice(1)) await node.submit(raw!);
      }
    },
    /** Takes everything from this block on off a node's best chain; gives the hash of the new tip, display form. */
    async replace({ facts }: Mined, i = 0): Promise<string> {
      const { height } = await chains[i]!.node.tip();
      return chains[i]!.sim.reorganise(height - facts.height + 1).hash;
    },
    /** Announces it on block.found and waits until the ledger has it. */
    async announce({ facts }: Mined, outcome = BlockOutcome.ACCEPTED): Promise<void> {
      await stand.publish(facts, outcome);
      await waitFor(() => stand.block(facts.hash), "the block in the ledger");
    },
    publish: (facts: BlockFacts, outcome = BlockOutcome.ACCEPTED, reason = "") =>
      bus.publish(blockFound, [
        encodeRecord(blockFound, { facts, outcome, reason }, { key: facts.hash }),
      ]),
    block: (hash: Uint8Array): Promise<Block | null> =>
      ledger.transaction((tx) => blockOf(tx, hash)),
    look: () => watcher.look(signal),
    /** Looks often enough for an orphan to be called one. */
    async lookLong(): Promise<void> {
      const looks = Math.max(ORPHAN_LOOKS, Math.ceil(ORPHAN_AFTER_MS / LOOK_EVERY_MS)) + 1;
      for (let i = 0; i < looks; i++) {
        await watcher.look(signal);
        await clock.advance(LOOK_EVERY_MS);
      }
    },
    /** Settles what can be, some minutes later. */
    async settleLater(): Promise<number> {
      await clock.advance(SETTLE_AFTER_MS);
      return await settler.settle(signal);
    },
    /** The follower, to the tip of a node. */
    async follow(i = 0): Promise<void> {
      const node = nodes.list[i]!;
      while (!await follower.follow({ tip: await node.tip(), node }, signal)) { /* step by step */ }
    },
    /** Work of a miner in a minute that lies so many before now. */
    async work(miner: number, minutesAgo: number, units: bigint, more: {
      scheme?: ShareScheme;
      nbits?: number;
    } = {}): Promise<void> {
      const { scheme = "pplns", nbits = EASY_BITS } = more;
      await ledger.transaction(async (tx) => {
        const [account] = await accountsOf(tx, [address(miner)]);
        await tx.query(
          `INSERT INTO slice_minute (subsidy, minute, account_id, nbits, scheme, shares, work)
           VALUES (0, $1, $2, $3, $4::scheme, 1, $5)`,
          [minuteOf(clock.now()) - minutesAgo, account, nbits, scheme, units],
        );
      });
    },
    /** Balances that are not zero: "a2 immature" for the account of address(2), "fee mature" for the pool's own. */
    async balances(): Promise<Record<string, bigint>> {
      const rows = await ledger.ask<{ kind: string; name: string; bucket: number; sats: bigint }>(
        `SELECT kind, name, bucket, sats FROM balance JOIN account ON id = account_id WHERE sats <> 0
         ORDER BY kind, name, bucket`,
      );
      return Object.fromEntries(rows.map(({ kind, name, bucket, sats }) => {
        const miner = [...Array(60).keys()].find((n) => n > 0 && address(n) === name);
        return [`${kind === "miner" ? `a${miner}` : kind} ${bucket ? "mature" : "immature"}`, sats];
      }));
    },
    /** What the nodes' chain pays for a block now. */
    async subsidy(): Promise<bigint> {
      return (await nodes.list[0]!.template()).coinbaseValue;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return stand;
}
