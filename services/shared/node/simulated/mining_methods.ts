/**
 * The methods a pool mines by: getblocktemplate with long poll and proposal, submitblock (rpc/mining.cpp).
 *
 * @module
 */
import {
  AddressError,
  DecodeError,
  difficultyFromBits,
  scriptOfAddress,
  targetFromBits,
  targetToBytes,
  toHex,
} from "@gopool/chain";
import type { Accepted } from "./chain_state.ts";
import { type Block, decodeBlock } from "./decode.ts";
import { type Ancestor, expectedHashes } from "./difficulty.ts";
import type { Methods, RpcContext } from "./methods.ts";
import { mineTo } from "./own_blocks.ts";
import { bytesFromHex, type Params } from "./params.ts";
import { RPC, RpcError } from "./rpc_error.ts";
import { bitsHex } from "./template.ts";

export const miningMethods: Methods = {
  getblocktemplate: { names: ["template_request"], run: getBlockTemplate },
  submitblock: { names: ["hexdata", "dummy"], run: submitBlock },
  generatetoaddress: { names: ["nblocks", "address", "maxtries"], run: generateToAddress },
  getmininginfo: {
    names: [],
    run({ world: { chain, mempool } }) {
      const next = chain.placeAfter(chain.tip);
      const target = (nbits: number) => toHex(targetToBytes(targetFromBits(nbits)));
      return {
        blocks: chain.tip.height,
        bits: bitsHex(chain.tip.nbits),
        difficulty: difficultyFromBits(chain.tip.nbits),
        target: target(chain.tip.nbits),
        networkhashps: networkHashRate(chain.tip),
        pooledtx: mempool.size,
        chain: "regtest",
        next: {
          height: next.height,
          bits: bitsHex(next.nbits),
          difficulty: difficultyFromBits(next.nbits),
          target: target(next.nbits),
        },
        warnings: [],
      };
    },
  },
};

/** How many blocks back getmininginfo measures (rpc/mining.cpp, default of getnetworkhashps). */
const HASH_RATE_BLOCKS = 120;

/** Hashes a second by the times at which the miners' blocks came; 0 before there are any. */
function networkHashRate(tip: Ancestor): number {
  let work = 0, spanMs = 0;
  let at: Ancestor | null = tip;
  for (let i = 0; i < HASH_RATE_BLOCKS && at !== null; i++, at = at.previous) {
    if (at.spanMs === null) continue;
    work += expectedHashes(at.nbits);
    spanMs += at.spanMs;
  }
  return spanMs > 0 ? work / (spanMs / 1000) : 0;
}

async function getBlockTemplate(context: RpcContext, params: Params): Promise<unknown> {
  const request = params.object(0);
  const mode = request.mode ?? "template";
  if (mode === "proposal") return proposal(context, request.data);
  if (mode !== "template") throw new RpcError(RPC.INVALID_PARAMETER, "Invalid mode");
  if (context.controls.syncing) {
    throw new RpcError(
      RPC.CLIENT_IN_INITIAL_DOWNLOAD,
      "Bitcoin Core is in initial sync and waiting for blocks...",
    );
  }
  if (request.longpollid !== undefined && request.longpollid !== null) {
    if (typeof request.longpollid !== "string") {
      throw new RpcError(RPC.INVALID_PARAMETER, "longpollid must be a string");
    }
    await context.waitForNews(request.longpollid);
  }
  if (!Array.isArray(request.rules) || !request.rules.includes("segwit")) {
    throw new RpcError(
      RPC.INVALID_PARAMETER,
      'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
    );
  }
  return context.world.templates.template();
}

function proposal({ world: { chain } }: RpcContext, data: unknown): string | null {
  if (typeof data !== "string") {
    throw new RpcError(RPC.TYPE_ERROR, "Missing data String key for proposal");
  }
  const block = readBlock(data);
  const known = chain.index.get(block.hash);
  if (known !== undefined) {
    if (known.connectedOnce) return "duplicate";
    return known.failed ? "duplicate-invalid" : "duplicate-inconclusive";
  }
  if (chain.index.get(block.header.previousHash) !== chain.tip) {
    return "inconclusive-not-best-prevblk";
  }
  const verdict = chain.judge(block);
  return verdict.kind === "invalid" ? verdict.reason : null;
}

function submitBlock({ world, controls, onSubmit }: RpcContext, params: Params): string | null {
  const hex = params.string(0);
  if (controls.refusal !== null) return controls.refusal;
  const block = readBlock(hex);
  const answer = words(world.chain.accept(block));
  onSubmit(block, answer);
  return answer;
}

/** Blocks of one call: each is judged and written, and nothing else is answered meanwhile. */
const GENERATE_MAX = 1_000;

/** Bitcoin Core's call for regtest; `maxtries` bounds its search for a nonce, which is short here. */
function generateToAddress({ world }: RpcContext, params: Params): string[] {
  const count = params.integer(0);
  if (count < 0 || count > GENERATE_MAX) {
    throw new RpcError(RPC.INVALID_PARAMETER, `Invalid nblocks, must be from 0 to ${GENERATE_MAX}`);
  }
  let script: Uint8Array;
  try {
    script = scriptOfAddress(params.string(1), "regtest");
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new RpcError(RPC.INVALID_ADDRESS_OR_KEY, "Error: Invalid address");
  }
  return mineTo(world, script, count).map(({ hash }) => hash);
}

/** BIP 22: null is success. */
function words(accepted: Accepted): string | null {
  switch (accepted.kind) {
    case "connected":
      return null;
    case "kept":
      return "inconclusive";
    case "duplicate":
      return "duplicate";
    case "invalid":
      return accepted.reason;
  }
}

function readBlock(hex: string): Block {
  try {
    const bytes = bytesFromHex(hex);
    if (bytes !== null) return decodeBlock(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  throw new RpcError(RPC.DESERIALIZATION_ERROR, "Block decode failed");
}
