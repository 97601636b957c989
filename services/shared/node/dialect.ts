/**
 * Every place where btcd answers otherwise than Bitcoin Core, and nothing else. The rest of this room is written
 * for Core and asks the dialect where the two part. Which one a node speaks is told by its answers: btcd has no
 * getnetworkinfo, and its `version` names its own API.
 *
 * Seen on btcd 0.26.2; Core's side is its own source (rpc/mining.cpp, rpc/blockchain.cpp), versions 27 and later.
 *
 * @module
 */
import {
  equalBytes,
  fromHex,
  type Hash,
  HASH_BYTES,
  type Network,
  networkFromCore,
  type UnixSeconds,
} from "@gopool/chain";
import { NodeMalformed, NodeRefused, type SubmitAnswer } from "./port.ts";
import type { Rpc } from "./rpc.ts";
import { RPC_CODE } from "./rpc_errors.ts";
import type { Fields } from "./shape.ts";

/** Core's word for a block whose parent the node does not have. btcd keeps such a block and says nothing. */
const ORPHAN = "prev-blk-not-found";

/** How one kind of node says what the port asks for. */
export interface Dialect {
  readonly name: "Bitcoin Core" | "btcd";
  /** @throws {NodeMalformed} A network the pool does not know. */
  network(info: Fields): Network;
  /** Whether getblockchaininfo says that the node is catching up. */
  syncing(info: Fields, network: Network): boolean;
  /** The commitment hash in `default_witness_commitment`; null for a form this dialect does not use. */
  commitment(hex: string): Hash | null;
  /** What submitblock's answer means; "ask" where only a look at the chain can tell. */
  submitAnswer(words: string | null): SubmitAnswer | "ask";
  /** The answer for "ask", from where the block stands after it was given. */
  standing(confirmations: number | null): SubmitAnswer;
  /**
   * Median time past of the best block, from its header or from getblockchaininfo; null where the best block has
   * changed in between, so that all must be asked again.
   */
  medianTime(
    header: Fields,
    best: Hash,
    info: () => Promise<Fields>,
  ): Promise<UnixSeconds | null>;
  /** Whether a refused getblockheader means that the block is on a side chain. */
  isSideBlock(error: NodeRefused): boolean;
  /** Whether a refused getblockhash means a height above the tip. */
  isAboveTip(error: NodeRefused): boolean;
  /** Whether gettxout, asked to look at the mempool, leaves out what waiting transactions spend. */
  readonly hidesSpentInMempool: boolean;
  /** Whether a refused gettxout means that its transaction has no such output. */
  isNoSuchOutput(error: NodeRefused): boolean;
  /** Where a transaction is that was refused in these words because the node has it; null: for another reason. */
  knownTransaction(words: string): "mempool" | "chain" | null;
  /** Whether the words mean a coin that is spent or not there. */
  isMissingInputs(words: string): boolean;
}

/** OP_RETURN, push of 36, and the header of the commitment (BIP 141). */
const COMMITMENT_HEAD = "6a24aa21a9ed";

export const coreDialect: Dialect = {
  name: "Bitcoin Core",
  network: (info) => networkNamed(info, (name) => name),
  // Core lifts its own check of this flag for templates on every network but main: a private signet or regtest
  // whose last block is a day old would otherwise never get its next one.
  syncing: (info, network) =>
    info.raw("initialblockdownload") === true &&
    (network === "main" || info.integer("headers", 0) > info.integer("blocks", 0)),
  // The whole script of the commitment output. Bytes after the hash would be another commitment's business.
  commitment: (hex) =>
    hex.toLowerCase().startsWith(COMMITMENT_HEAD)
      ? hashOf(hex.slice(COMMITMENT_HEAD.length))
      : null,
  submitAnswer(words) {
    if (words === null) return { kind: "accepted", answer: "accepted" };
    switch (words) {
      case "duplicate":
        return { kind: "duplicate", answer: words };
      // Both are known to the node, and valid as far as it has looked.
      case "inconclusive":
      case "duplicate-inconclusive":
        return { kind: "inconclusive", answer: words };
      default:
        return { kind: "refused", answer: words };
    }
  },
  standing: standingAsked,
  medianTime: (header) => Promise.resolve(readTime(header)),
  isSideBlock: () => false, // told as -1 confirmations
  isAboveTip: ({ code }) => code === RPC_CODE.invalidParameter,
  hidesSpentInMempool: true,
  isNoSuchOutput: () => false, // told as null
  knownTransaction(words) {
    switch (words) {
      case "txn-already-in-mempool":
      // With another witness: the id is what counts.
      case "txn-same-nonwitness-data-in-mempool":
        return "mempool";
      // The first only while an output of it is unspent: Core keeps no list of what it has seen.
      case "txn-already-known":
      case "Transaction outputs already in utxo set":
      case "Transaction already in block chain":
        return "chain";
      default:
        return null;
    }
  },
  isMissingInputs: (words) =>
    words.includes("bad-txns-inputs-missingorspent") || words === "missing-inputs",
};

/** btcd's names of networks (chaincfg Params.Name), where they are not Core's. */
const BTCD_CHAINS: Readonly<Record<string, string>> = { mainnet: "main", testnet3: "test" };

export const btcdDialect: Dialect = {
  name: "btcd",
  network: (info) => networkNamed(info, (name) => BTCD_CHAINS[name] ?? name),
  // There is no flag; getblocktemplate says -10 itself while btcd has not caught up.
  syncing: (info) => info.integer("headers", 0) > info.integer("blocks", 0),
  // The bare hash, and only where the template has transactions.
  commitment: (hex) => hashOf(hex),
  submitAnswer(words) {
    // Also said to a sibling of the tip, and to an orphan that btcd keeps until its parent comes.
    if (words === null) return "ask";
    const prose = words.replace(/^rejected: /, "");
    if (prose.startsWith("already have block (orphan)")) {
      return { kind: "refused", answer: `${ORPHAN} (${prose})` };
    }
    if (prose.startsWith("already have block")) return { kind: "duplicate", answer: prose };
    return { kind: "refused", answer: prose };
  },
  standing: standingAsked,
  // Its headers come without mediantime.
  async medianTime(_header, best, info) {
    const now = await info();
    return equalBytes(now.hash("bestblockhash"), best) ? readTime(now) : null;
  },
  isSideBlock: ({ code, words }) =>
    code === RPC_CODE.internal && words.includes("is not in the main chain"),
  isAboveTip: ({ code }) => code === RPC_CODE.misc,
  // Asked of gettxspendingprevout as well, then.
  hidesSpentInMempool: false,
  isNoSuchOutput: ({ code }) => code === RPC_CODE.notFound,
  knownTransaction(words) {
    if (words.includes("already have transaction in mempool")) return "mempool";
    return words.includes("transaction already exists in blockchain") ? "chain" : null;
  },
  isMissingInputs: (words) => words === "missing-inputs" || words.includes("orphan transaction"),
};

/**
 * Asks the node which dialect it speaks. What knows neither call is taken for Core: that is what other programs
 * imitate.
 *
 * @throws {NodeUnavailable} It is not there to ask.
 */
export async function detectDialect(rpc: Rpc, signal?: AbortSignal): Promise<Dialect> {
  const [networkInfo, version] = await rpc.batch(
    [{ method: "getnetworkinfo" }, { method: "version" }],
    { signal },
  );
  if (networkInfo!.ok) return coreDialect;
  if (!(networkInfo!.error instanceof NodeRefused)) throw networkInfo!.error;
  if (!version!.ok) return coreDialect;
  const api = version!.result;
  return typeof api === "object" && api !== null && "btcdjsonrpcapi" in api
    ? btcdDialect
    : coreDialect;
}

function standingAsked(confirmations: number | null): SubmitAnswer {
  if (confirmations === null) return { kind: "refused", answer: `${ORPHAN} (kept as an orphan)` };
  return confirmations > 0
    ? { kind: "accepted", answer: "accepted" }
    : { kind: "inconclusive", answer: "inconclusive" };
}

function readTime(fields: Fields): UnixSeconds {
  return fields.integer("mediantime", 0, 0xffff_ffff) as UnixSeconds;
}

function networkNamed(info: Fields, toCore: (name: string) => string): Network {
  try {
    return networkFromCore(toCore(info.text("chain")));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new NodeMalformed(info.method, error.message, { cause: error });
  }
}

function hashOf(hex: string): Hash | null {
  // A commitment is not a block's or transaction's name: it is printed as it stands in the script, unreversed.
  return /^[0-9a-f]*$/i.test(hex) && hex.length === HASH_BYTES * 2 ? fromHex(hex) as Hash : null;
}
