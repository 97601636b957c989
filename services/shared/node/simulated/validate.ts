/**
 * One block against one place in the chain: the whole judgement as a pure function, for tests, fuzzing and
 * proposals. The chain state runs the same steps one by one, because between them it remembers headers.
 *
 * @module
 */
import { equalBytes, type Hash } from "@gopool/chain";
import { checkBlock } from "./check.ts";
import { type Coins, CoinView } from "./coins.ts";
import { connectBlock } from "./connect.ts";
import { checkBlockAt, checkHeaderAt, type Place } from "./context.ts";
import type { Block } from "./decode.ts";
import { ScriptChecker } from "./scripts.ts";
import { invalid, VALID, type Verdict } from "./verdict.ts";

export interface BlockContext {
  readonly place: Place;
  /** Hash of the block before that place. */
  readonly previousHash: Hash;
  /** Unspent outputs as that block left them; never changed. */
  readonly coins: Coins;
  /** Unix seconds by the node's clock. */
  readonly nowSeconds: number;
  /** Remembers what it found good; one of its own where absent. */
  readonly scripts?: ScriptChecker;
  /** Off for proposals, which have no nonce yet. */
  readonly proofOfWork: boolean;
}

/**
 * Bitcoin Core's verdict on a block in its order: by itself, its header in place, its body in place, its coins, and
 * the scripts that it can tell of (scripts.ts).
 */
export function validateBlock(block: Block, context: BlockContext): Verdict {
  const { place, coins, nowSeconds, proofOfWork, scripts = new ScriptChecker() } = context;
  const checked = checkBlock(block, { proofOfWork });
  if (checked.kind === "invalid") return checked;
  if (!equalBytes(block.header.previousHash, context.previousHash)) {
    return invalid("missing-previous", "prev-blk-not-found");
  }
  const header = checkHeaderAt(block.header, place, nowSeconds);
  if (header.kind === "invalid") return header;
  const body = checkBlockAt(block, place);
  if (body.kind === "invalid") return body;
  const connected = connectBlock(block, place, new CoinView(coins), scripts);
  return connected.kind === "invalid" ? connected : VALID;
}
