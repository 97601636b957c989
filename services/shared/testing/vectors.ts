/**
 * Golden data of real blocks, templates, shares and addresses. Each file and most entries name their source; hex
 * is lower case, hashes are in display order unless a field says otherwise. Only tests may import it.
 *
 * @module
 */
import addressesFile from "./vectors/addresses.json" with { type: "json" };
import bip54File from "./vectors/bip54.json" with { type: "json" };
import block100000File from "./vectors/block_100000.json" with { type: "json" };
import difficultyFile from "./vectors/difficulty.json" with { type: "json" };
import genesisFile from "./vectors/genesis.json" with { type: "json" };
import headersFile from "./vectors/headers.json" with { type: "json" };
import heightsFile from "./vectors/heights.json" with { type: "json" };
import merkleFile from "./vectors/merkle.json" with { type: "json" };
import sharesFile from "./vectors/shares.json" with { type: "json" };
import subsidiesFile from "./vectors/subsidies.json" with { type: "json" };
import sv2File from "./vectors/sv2.json" with { type: "json" };
import templatesFile from "./vectors/templates.json" with { type: "json" };
import wireFile from "./vectors/wire.json" with { type: "json" };

/** Params of `mining.notify`: id, previous hash (words swapped), coinb1, coinb2, branch, version, nbits, ntime, clean. */
export type NotifyParams = readonly [
  jobId: string,
  previousHash: string,
  coinb1: string,
  coinb2: string,
  branch: readonly string[],
  version: string,
  nbits: string,
  ntime: string,
  clean: boolean,
];
/** Params of `mining.submit`: worker, job id, extranonce2, ntime, nonce and, when rolling, the version bits. */
export type SubmitParams = readonly [
  worker: string,
  jobId: string,
  extranonce2: string,
  ntime: string,
  nonce: string,
  versionBits?: string,
];

/** A recorded pair of notify and submit with what it hashes to. */
export interface RecordedShare {
  readonly name: string;
  readonly source: string;
  readonly extranonce1: string;
  readonly notify: NotifyParams;
  readonly submit: SubmitParams;
  /** Difficulty the pool had set; null where the recording does not say. */
  readonly pool_diff: number | null;
  readonly coinbase_txid: string;
  /** Internal order. */
  readonly merkle_root_internal: string;
  readonly header: string;
  readonly hash: string;
  readonly share_difficulty: number;
  readonly meets_nbits: boolean;
}

/** A getblocktemplate answer with what the pool needs of it, and the work a public pool made of it. */
export interface RecordedTemplate {
  readonly name: string;
  readonly source: string;
  readonly network: "regtest" | "testnet3";
  readonly height: number;
  readonly version: number;
  readonly previousblockhash: string;
  readonly coinbasevalue: number;
  readonly bits: string;
  readonly target: string;
  readonly curtime: number;
  readonly mintime: number;
  readonly rules: readonly string[];
  readonly transactions: readonly {
    readonly data: string;
    readonly txid: string;
    /** The wtxid, under the name that Bitcoin Core gives it. */
    readonly hash: string;
    readonly fee: number;
    readonly weight: number;
  }[];
  readonly default_witness_commitment: string;
  readonly notify: NotifyParams;
}

export const shares = sharesFile.shares as readonly unknown[] as readonly RecordedShare[];
export const templates = templatesFile.templates as unknown as readonly RecordedTemplate[];
/** Commitment of a block that holds only its coinbase. */
export const emptyBlock = templatesFile.emptyBlock;
/** One template's values as they travel. */
export const wireValues = templatesFile.wireValues;

/** Mainnet block 100000, cut into the job a pool would have sent and the share that would have solved it. */
export const block100000 = block100000File;
export const genesis = genesisFile;

/** Headers with their hash and, where known, the difficulty of the hash. */
export const headers = headersFile.headers;
export const hashDifficulties = headersFile.hashDifficulties;
/** Branches, folds, coinbases and a midstate; all hashes in internal order. */
export const merkle = merkleFile;
export const difficulty = difficultyFile;
export const heights = heightsFile.heights;

export const subsidies: Readonly<
  Record<"main" | "regtest", readonly [height: number, sats: number][]>
> = subsidiesFile as never;

/** Blocks of heights 0 to 3, and seven tries at height 4 of which two obey BIP 54. */
export const bip54 = bip54File;
/** Valid ones with network and script; invalid ones that no network takes. */
export const addresses = addressesFile;
/** Lines from miners and from pools, with what is expected of their reader. */
export const wire = wireFile;
/** Stratum V2; of use to V1 for its coinbases and headers. */
export const sv2 = sv2File;
