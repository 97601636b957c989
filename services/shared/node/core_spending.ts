/**
 * What paying out needs of a node, over RPC. Method names and codes are Bitcoin Core's (rpc/rawtransaction.cpp,
 * rpc/mempool.cpp, rpc/fees.cpp); dialect.ts says where btcd differs.
 *
 * @module
 */
import {
  BLOCK_MAX_BYTES,
  displayHash,
  equalBytes,
  fromHex,
  type Hash,
  HEADER_BYTES,
  headerHash,
  type Sats,
  toHex,
} from "@gopool/chain";
import type { Dialect } from "./dialect.ts";
import { NodeMalformed, NodeRefused } from "./port.ts";
import type {
  MempoolVerdict,
  NodeCoin,
  ProcessedPsbt,
  SendAnswer,
  SpendingNode,
  TransactionRefused,
} from "./port_spending.ts";
import type { CallOptions } from "./rpc.ts";
import { RPC_CODE } from "./rpc_errors.ts";
import { Fields } from "./shape.ts";

/** BTC per 1000 virtual bytes: Bitcoin Core's own default, which btcd wants to be told. */
const MAX_FEE_RATE = 0.1;
/** What estimatesmartfee takes (rpc/util.cpp ParseConfirmTarget; two is also what it makes of one). */
const TARGET_MIN_BLOCKS = 1;
const TARGET_MAX_BLOCKS = 1008;

export interface SpendingDeps {
  ask(method: string, params: readonly unknown[], options: CallOptions): Promise<unknown>;
  dialect(signal?: AbortSignal): Promise<Dialect>;
}

export class CoreSpending implements SpendingNode {
  readonly #deps: SpendingDeps;

  constructor(deps: SpendingDeps) {
    this.#deps = deps;
  }

  async block(hash: Hash, signal?: AbortSignal): Promise<Uint8Array | null> {
    let answer: unknown;
    try {
      answer = await this.#deps.ask("getblock", [displayHash(hash), 0], { kind: "block", signal });
    } catch (error) {
      if (error instanceof NodeRefused && error.code === RPC_CODE.notFound) return null;
      throw error;
    }
    if (typeof answer !== "string" || answer.length > BLOCK_MAX_BYTES * 2) {
      throw new NodeMalformed("getblock", `it must be a text of at most ${BLOCK_MAX_BYTES} bytes`);
    }
    const bytes = bytesOf("getblock", answer);
    const isIt = bytes.length > HEADER_BYTES &&
      equalBytes(headerHash(bytes.subarray(0, HEADER_BYTES)), hash);
    if (!isIt) throw new NodeMalformed("getblock", "it is not the block that was asked for");
    return bytes;
  }

  async coin(
    txid: Hash,
    vout: number,
    { mempool, signal }: { readonly mempool: boolean; readonly signal?: AbortSignal },
  ): Promise<NodeCoin | null> {
    const dialect = await this.#deps.dialect(signal);
    const id = displayHash(txid);
    if (mempool && !dialect.hidesSpentInMempool && await this.#isSpentWaiting(id, vout, signal)) {
      return null;
    }
    let answer: unknown;
    try {
      answer = await this.#deps.ask("gettxout", [id, vout, mempool], {
        signal,
        decimals: ["value"],
      });
    } catch (error) {
      if (error instanceof NodeRefused && dialect.isNoSuchOutput(error)) return null;
      throw error;
    }
    if (answer === null) return null;
    const fields = new Fields("gettxout", answer, "the coin");
    const script = new Fields("gettxout", fields.raw("scriptPubKey"), "scriptPubKey of the coin");
    return {
      sats: fields.decimalSats("value"),
      script: script.bytes("hex"),
      confirmations: fields.integer("confirmations", 0),
      coinbase: fields.boolean("coinbase"),
    };
  }

  async send(raw: Uint8Array, signal?: AbortSignal): Promise<SendAnswer> {
    const dialect = await this.#deps.dialect(signal);
    try {
      await this.#deps.ask("sendrawtransaction", [toHex(raw)], { kind: "send", signal });
      return { kind: "accepted" };
    } catch (error) {
      if (!(error instanceof NodeRefused)) throw error;
      const known = dialect.knownTransaction(error.words) ??
        (error.code === RPC_CODE.alreadyInChain ? "chain" : null);
      if (known !== null) return { kind: "known", where: known };
      if (!SEND_REFUSED.has(error.code)) throw error;
      return refused(dialect, error.words);
    }
  }

  async testAccept(raw: Uint8Array, signal?: AbortSignal): Promise<MempoolVerdict> {
    const dialect = await this.#deps.dialect(signal);
    let answer: unknown;
    try {
      answer = await this.#deps.ask("testmempoolaccept", [[toHex(raw)], MAX_FEE_RATE], {
        kind: "send",
        signal,
        decimals: ["base"],
      });
    } catch (error) {
      const undecodable = error instanceof NodeRefused && error.code === RPC_CODE.undecodable;
      if (!undecodable) throw error;
      return refused(dialect, error.words);
    }
    if (!Array.isArray(answer) || answer.length !== 1) {
      throw new NodeMalformed("testmempoolaccept", "it must be a list of one");
    }
    const verdict = new Fields("testmempoolaccept", answer[0], "the verdict");
    // btcd leaves out what is false.
    if (verdict.has("allowed") && verdict.boolean("allowed")) {
      const fees = new Fields("testmempoolaccept", verdict.raw("fees"), "fees of the verdict");
      return {
        kind: "allowed",
        vsize: verdict.integer("vsize", 1),
        feeSats: fees.decimalSats("base"),
      };
    }
    const reason = verdict.text("reject-reason");
    const known = dialect.knownTransaction(reason);
    if (known !== null) return { kind: "known", where: known };
    const details = verdict.raw("reject-details");
    return {
      ...refused(dialect, reason),
      // Bitcoin Core's longer words, where it has any: they begin with the reason.
      ...(typeof details === "string" && details !== "" ? { reason: details } : {}),
    };
  }

  async feeRate(targetBlocks: number, signal?: AbortSignal): Promise<Sats | null> {
    if (
      !Number.isInteger(targetBlocks) || targetBlocks < TARGET_MIN_BLOCKS ||
      targetBlocks > TARGET_MAX_BLOCKS
    ) {
      throw new RangeError(
        `Cannot estimate for ${targetBlocks} blocks: must be from ${TARGET_MIN_BLOCKS} to ${TARGET_MAX_BLOCKS}`,
      );
    }
    let answer: unknown;
    try {
      answer = await this.#deps.ask("estimatesmartfee", [targetBlocks], {
        signal,
        decimals: ["feerate"],
      });
    } catch (error) {
      if (error instanceof NodeRefused && error.code === RPC_CODE.methodNotFound) return null;
      throw error;
    }
    const estimate = new Fields("estimatesmartfee", answer, "the estimate");
    return estimate.has("feerate") ? estimate.decimalSats("feerate") : null;
  }

  async walletProcessPsbt(psbt: string, signal?: AbortSignal): Promise<ProcessedPsbt> {
    const answer = await this.#deps.ask("walletprocesspsbt", [psbt], { kind: "send", signal });
    const processed = new Fields("walletprocesspsbt", answer, "the processed PSBT");
    return { psbt: processed.text("psbt"), complete: processed.boolean("complete") };
  }

  /** For a node whose gettxout does not look at what waiting transactions spend. */
  async #isSpentWaiting(txid: string, vout: number, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.#deps.ask("gettxspendingprevout", [[{ txid, vout }]], { signal });
    if (!Array.isArray(answer) || answer.length !== 1) {
      throw new NodeMalformed("gettxspendingprevout", "it must be a list of one");
    }
    const spender = new Fields("gettxspendingprevout", answer[0]).raw("spendingtxid");
    return typeof spender === "string" && spender !== "";
  }
}

/** The codes with which a node says no to a transaction. Any other says nothing about it. */
const SEND_REFUSED: ReadonlySet<number> = new Set([
  RPC_CODE.undecodable,
  RPC_CODE.transactionError,
  RPC_CODE.transactionRejected,
]);

function refused(dialect: Dialect, reason: string): TransactionRefused {
  return { kind: "refused", reason, missingInputs: dialect.isMissingInputs(reason) };
}

function bytesOf(method: string, hex: string): Uint8Array {
  try {
    return fromHex(hex);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NodeMalformed(method, "it must be hex");
  }
}
