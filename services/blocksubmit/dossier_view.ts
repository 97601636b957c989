/**
 * A block as BlockService tells it: memory, topics and the block's own bytes put together. Pure.
 *
 * @module
 */
import {
  canonicalAddress,
  decodeHeader,
  difficultyFromBits,
  displayHash,
  HEADER_BYTES,
  type Network,
  toHex,
} from "@gopool/chain";
import { SubmitVerdict } from "@gopool/proto";
import {
  type BlockDossierSchema,
  type BlockHeaderSchema,
  type BlockJobSchema,
  BlockState,
  type BlockSummarySchema,
  type BlockTimingsSchema,
  type MessageInitShape,
  type NodeAttemptSchema,
} from "@gopool/proto/control";
import type { WholeBlock } from "./desk.ts";
import type { DossierState, KnownAttempt } from "./dossiers.ts";
import type { KnownBlock } from "./known.ts";

export const STATES: Readonly<Record<DossierState, BlockState>> = {
  open: BlockState.OPEN,
  accepted: BlockState.ACCEPTED,
  lost: BlockState.LOST,
};

export function summaryOf(known: KnownBlock): MessageInitShape<typeof BlockSummarySchema> {
  const { hash, facts, state, reason, attempts, foundLoggedAtMs } = known;
  return {
    hash,
    height: facts.height,
    state: STATES[state],
    reason,
    foundAtMs: facts.foundAtMs || BigInt(foundLoggedAtMs),
    valueSats: facts.outputs.reduce((sum, { sats }) => sum + sats, 0n),
    account: facts.account,
    worker: facts.worker,
    attempts: attempts.length,
  };
}

export function dossierOf(whole: WholeBlock): MessageInitShape<typeof BlockDossierSchema> {
  const { known, dossier, solved, job } = whole;
  const { facts } = known;
  const network = job?.message.network as Network | undefined;
  const block = dossier?.block ?? solved?.message.block;
  return {
    summary: summaryOf(known),
    share: {
      pool: facts.pool,
      gateway: facts.gateway,
      account: facts.account,
      worker: facts.worker,
      extranonce1: toHex(facts.extranonce1),
      extranonce2: toHex(facts.extranonce2),
    },
    job: jobOf(whole),
    header: headerOf(facts.header),
    contents: { bytes: block?.length ?? 0, transactions: block ? transactionsOf(block) : 0 },
    outputs: facts.outputs.map(({ sats, script }) => ({
      sats,
      script: toHex(script),
      address: network === undefined ? "" : canonicalAddress(script, network) ?? "",
    })),
    timings: timingsOf(whole),
    attempts: known.attempts.map(attemptView),
    missing: [...whole.missing],
  };
}

export function attemptView(
  { attempt: { node, atMs, tookMs, verdict, answer }, again }: KnownAttempt,
): MessageInitShape<typeof NodeAttemptSchema> {
  return { node, atMs, tookMs, verdict, answer, again };
}

function jobOf({ known: { facts }, job }: WholeBlock): MessageInitShape<typeof BlockJobSchema> {
  const own = {
    jobId: facts.jobId,
    variant: facts.variant,
    snapshotId: toHex(facts.snapshotId),
  };
  if (job === undefined) return own;
  const { variants, templateId, network, coinbaseValue, createdAtMs, clean } = job.message;
  return {
    ...own,
    variantName: variants.find(({ id }) => id === facts.variant)?.name ?? "",
    templateId,
    network,
    coinbaseValueSats: coinbaseValue,
    createdAtMs,
    loggedAtMs: BigInt(job.loggedAtMs),
    clean,
  };
}

function headerOf(bytes: Uint8Array): MessageInitShape<typeof BlockHeaderSchema> {
  const { version, previousHash, merkleRoot, time, nbits, nonce } = decodeHeader(bytes);
  return {
    hex: toHex(bytes),
    // Signed where it is decoded as Bitcoin has it; the protos carry its bits.
    version: version >>> 0,
    previousHash: displayHash(previousHash),
    merkleRoot: displayHash(merkleRoot),
    time,
    nbits,
    difficulty: difficultyFromBits(nbits),
    nonce,
  };
}

function timingsOf(
  { known, dossier, candidate, solved }: WholeBlock,
): MessageInitShape<typeof BlockTimingsSchema> {
  const { facts, attempts, foundLoggedAtMs } = known;
  const answered = attempts.map(({ attempt }) => attempt)
    .filter(({ verdict }) => verdict !== SubmitVerdict.UNREACHABLE);
  const ends = answered.map(({ atMs, tookMs }) => Number(atMs) + tookMs);
  const accepted = answered.filter(({ verdict }) => verdict === SubmitVerdict.ACCEPTED)
    .map(({ atMs, tookMs }) => Number(atMs) + tookMs);
  const begins = attempts.map(({ attempt }) => Number(attempt.atMs));
  const received = dossier?.receivedAtMs || Number(candidate?.message.receivedAtMs ?? 0n) ||
    Number(solved?.message.receivedAtMs ?? 0n);
  return {
    shareReceivedAtMs: BigInt(received),
    candidateLoggedAtMs: BigInt(candidate?.loggedAtMs ?? Number(facts.foundAtMs)),
    builtAtMs: BigInt(dossier?.builtAtMs || Number(solved?.message.builtAtMs ?? 0n)),
    solvedLoggedAtMs: BigInt(solved?.loggedAtMs ?? dossier?.solved?.loggedAtMs ?? 0),
    takenAtMs: BigInt(dossier?.takenAtMs ?? 0),
    firstSubmitAtMs: first(begins),
    firstAnswerAtMs: first(ends),
    firstAcceptedAtMs: first(accepted),
    foundLoggedAtMs: BigInt(foundLoggedAtMs),
    bySecondRoad: dossier?.bySecondRoad ?? false,
  };
}

function first(timesMs: readonly number[]): bigint {
  return timesMs.length === 0 ? 0n : BigInt(timesMs.reduce((a, b) => Math.min(a, b)));
}

/** How many transactions a block says it has: the CompactSize behind its header. 0 where it is cut short. */
export function transactionsOf(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const head = block[HEADER_BYTES];
  if (head === undefined) return 0;
  if (head < 0xfd) return head;
  const size = head === 0xfd ? 2 : head === 0xfe ? 4 : 8;
  if (block.length < HEADER_BYTES + 1 + size) return 0;
  if (size === 2) return view.getUint16(HEADER_BYTES + 1, true);
  // A block of that many transactions would be far past every limit: only the lower half is told.
  return view.getUint32(HEADER_BYTES + 1, true);
}
