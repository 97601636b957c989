/**
 * Solved blocks, simulated nodes and a submitter at work, for tests. Imported by tests only.
 *
 * @module
 */
import { blockFound, blockSolved, type Bus, encodeRecord, openBus } from "@gopool/bus";
import {
  assembleBlock,
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseWithWitness,
  concat,
  encodeHeader,
  type Hash,
  headerHash,
  meetsTarget,
  type Sats,
  sha256d,
  targetFromBits,
  type UnixSeconds,
} from "@gopool/chain";
import { type Nodes, openNodes } from "@gopool/node";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { type BlockFound, BlockFoundSchema, fromBinary } from "@gopool/proto";
import {
  createStatusBoard,
  seededRandom,
  silent,
  type StatusBoard,
  systemClock,
} from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { type Blocksubmit, createBlocksubmit } from "./service.ts";

const random = seededRandom(7);
const clock = { ...systemClock, sleep: (_: number, s?: AbortSignal) => systemClock.sleep(5, s) };

export function startNode(): Promise<SimulatedNode> {
  return startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "x",
    difficulty: { fixedBits: 0x207fffff },
    transactionsPerBlock: 0,
    clock: systemClock,
    random,
  });
}

/** A block on the tip of `nodes`, as block.solved carries it. */
export async function solve(nodes: Nodes, change: { overpay?: bigint } = {}) {
  const template = await nodes.list[0]!.template();
  const { height, nbits } = template;
  const value = (template.coinbaseValue + (change.overpay ?? 0n)) as Sats;
  const script = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(5)]);
  const recipe = {
    id: 0,
    name: "pool",
    snapshotId: new Uint8Array(),
    outputs: [{ amount: { kind: "remainder" }, payee: { kind: "script", script } }],
  } as const;
  const coinbase = concat(
    coinbasePrefix({ height, jobId: "0000000100000000", tag: "/t/" }),
    new Uint8Array(12),
    coinbaseSuffix({
      recipe,
      coinbaseValue: value,
      accountScript: null,
      witnessCommitment: new Uint8Array(),
      scriptSigTail: new Uint8Array(),
      height,
    }),
  );
  for (let nonce = 0;; nonce++) {
    const header = encodeHeader({
      version: template.version,
      previousHash: template.previousHash,
      merkleRoot: sha256d(coinbase),
      time: Math.max(template.curtime, template.mintime) as UnixSeconds,
      nbits,
      nonce,
    });
    const hash: Hash = headerHash(header);
    if (!meetsTarget(hash, targetFromBits(nbits))) continue;
    const block = assembleBlock(header, coinbaseWithWitness(coinbase, false), []);
    const facts = { pool: "test", jobId: "0000000100000000", header, hash, height };
    return encodeRecord(blockSolved, { facts, block }, { key: hash });
  }
}

export async function foundOn(bus: Bus): Promise<BlockFound[]> {
  const found: BlockFound[] = [];
  for await (const { messages } of bus.read(blockFound, 0, 0)) {
    for (const { value } of messages) found.push(fromBinary(BlockFoundSchema, value));
  }
  return found;
}

export async function withSubmitter(
  bus: Bus,
  nodes: Nodes,
  work: (submitter: Blocksubmit, board: StatusBoard) => Promise<unknown>,
  onFound: (found: BlockFound) => void = () => {},
): Promise<void> {
  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const submitter = createBlocksubmit({ bus, nodes, clock, random, log: silent, board, onFound });
  const running = submitter.run(stop.signal);
  try {
    await work(submitter, board);
  } finally {
    stop.abort();
    await running;
  }
}

export const openTestBus = (): Promise<Bus> => openBus("memory:", { clock: systemClock });
export const openTo = (...nodes: { url: string }[]) =>
  openNodes({ nodes: nodes.map(({ url }) => ({ url: new URL(url) })) }, { clock: systemClock });
export const firstFound = (bus: Bus) => waitFor(async () => (await foundOn(bus))[0], "block.found");
