/**
 * One node over RPC, as Bitcoin Core speaks it; dialect.ts says where another kind differs.
 *
 * @module
 */
import {
  displayHash,
  type Hash,
  HEADER_BYTES,
  headerHash,
  toHex,
  type UnixSeconds,
} from "@gopool/chain";
import type { Clock } from "@gopool/runtime";
import { detectDialect, type Dialect } from "./dialect.ts";
import { CoreSpending } from "./core_spending.ts";
import { HealthBook } from "./health.ts";
import {
  type BlockTemplate,
  type ChainInfo,
  type Node,
  type NodeHealth,
  NodeMalformed,
  type NodeRecord,
  NodeRefused,
  NodeUnavailable,
  type SubmitAnswer,
  type Tip,
} from "./port.ts";
import { type CallOptions, LongPollOver, type Rpc } from "./rpc.ts";
import { RPC_CODE } from "./rpc_errors.ts";
import { Fields, readHash } from "./shape.ts";
import { decodeTemplate, RULES } from "./template.ts";
import { watchTips } from "./watch.ts";
import type { Notice } from "./zmq.ts";

/** How often the tip is asked again when it moved between two questions: more would mean that something is off. */
const TIP_TRIES = 5;

export interface CoreDeps {
  readonly rpc: Rpc;
  readonly clock: Clock;
  /** Notices of new blocks by ZMQ, where that is configured. Never ends by itself, never throws. */
  readonly notices?: (signal: AbortSignal) => AsyncIterable<Notice>;
  readonly onHealth?: (health: NodeHealth) => void;
  /** Told of each answer about the chain. */
  readonly onChain?: (info: ChainInfo) => void;
  /** Gives back what the RPC holds, at disposal. */
  readonly close?: () => void;
}

export class CoreNode implements Node {
  readonly name: string;
  readonly #deps: CoreDeps;
  readonly #health: HealthBook;
  readonly #spending: CoreSpending;
  /** Known once the node has answered; asked again after an outage, which another program may have ended. */
  #dialect: Dialect | null = null;
  #answers = 0;
  #failures = 0;
  #latencyMs: number | null = null;

  constructor(deps: CoreDeps) {
    this.#deps = deps;
    this.name = deps.rpc.name;
    this.#health = new HealthBook(deps.onHealth, () => deps.clock.now());
    this.#spending = new CoreSpending({
      ask: (method, params, options) => this.#ask(method, params, options),
      dialect: (signal) => this.#speak(signal),
    });
  }

  get health(): NodeHealth {
    return this.#health.health;
  }

  get record(): NodeRecord {
    return {
      answers: this.#answers,
      failures: this.#failures,
      latencyMs: this.#latencyMs,
      lastTrouble: this.#health.lastTrouble,
    };
  }

  async chain(signal?: AbortSignal): Promise<ChainInfo> {
    const dialect = await this.#speak(signal);
    const info = await this.#chainInfo(signal);
    const network = dialect.network(info);
    const height = info.integer("blocks", 0);
    const syncing = dialect.syncing(info, network);
    if (syncing) {
      const ahead = info.integer("headers", 0);
      this.#health.trouble(
        "synced",
        `${this.name} is still catching up with the network (block ${height} of ${ahead})`,
      );
    } else {
      this.#health.fine("synced");
    }
    const told = { network, height, bestHash: info.hash("bestblockhash"), syncing };
    this.#deps.onChain?.(told);
    return told;
  }

  async template(
    { longPollId, signal }: { longPollId?: string; signal?: AbortSignal } = {},
  ): Promise<BlockTemplate> {
    try {
      const answer = longPollId === undefined
        ? await this.#askTemplate(signal)
        : await this.#parkForTemplate(longPollId, signal);
      const template = decodeTemplate(answer, await this.#speak(signal));
      this.#health.fine("templates");
      return template;
    } catch (error) {
      if (error instanceof NodeRefused || error instanceof NodeMalformed) {
        this.#health.trouble("templates", `${this.name}: ${error.message}`);
      }
      throw error;
    }
  }

  async propose(block: Uint8Array, signal?: AbortSignal): Promise<string | null> {
    const request = { mode: "proposal", data: toHex(block), rules: RULES };
    const answer = await this.#ask("getblocktemplate", [request], { kind: "propose", signal });
    if (answer !== null && typeof answer !== "string") {
      throw new NodeMalformed("getblocktemplate", "a proposal must be answered by null or a text");
    }
    return answer;
  }

  async submit(block: Uint8Array, signal?: AbortSignal): Promise<SubmitAnswer> {
    let words: unknown;
    try {
      words = await this.#ask("submitblock", [toHex(block)], { kind: "submit", signal });
    } catch (error) {
      if (!(error instanceof NodeRefused) || error.code !== RPC_CODE.undecodable) throw error;
      return { kind: "refused", answer: error.words };
    }
    if (words !== null && typeof words !== "string") {
      throw new NodeMalformed("submitblock", "it must be null or a text");
    }
    // Only now: not even the question who answers may hold a block up.
    const dialect = await this.#speak(signal);
    const answer = dialect.submitAnswer(words);
    if (answer !== "ask") return answer;
    const hash = headerHash(block.subarray(0, HEADER_BYTES));
    return dialect.standing(await this.confirmations(hash, signal));
  }

  async tip(signal?: AbortSignal): Promise<Tip> {
    const dialect = await this.#speak(signal);
    for (let tries = 0; tries < TIP_TRIES; tries++) {
      const best = readHash(
        "getbestblockhash",
        await this.#ask("getbestblockhash", [], { signal }),
      );
      const header = await this.#header(best, dialect, signal);
      if (header === null || header === "side") continue;
      const medianTime = await dialect.medianTime(header, best, () => this.#chainInfo(signal));
      if (medianTime === null) continue;
      return {
        hash: best,
        height: header.integer("height", 0),
        nbits: header.nbits("bits"),
        medianTime,
        time: header.integer("time", 0, 0xffff_ffff) as UnixSeconds,
      };
    }
    throw new NodeMalformed(
      "getbestblockhash",
      `its best block changed ${TIP_TRIES} times in a row`,
    );
  }

  async confirmations(hash: Hash, signal?: AbortSignal): Promise<number | null> {
    const header = await this.#header(hash, await this.#speak(signal), signal);
    if (header === null) return null;
    return header === "side" ? -1 : header.integer("confirmations", -1);
  }

  async hashAt(height: number, signal?: AbortSignal): Promise<Hash | null> {
    const dialect = await this.#speak(signal);
    try {
      return readHash("getblockhash", await this.#ask("getblockhash", [height], { signal }));
    } catch (error) {
      if (error instanceof NodeRefused && dialect.isAboveTip(error)) return null;
      throw error;
    }
  }

  block: Node["block"] = (...asked) => this.#spending.block(...asked);
  coin: Node["coin"] = (...asked) => this.#spending.coin(...asked);
  send: Node["send"] = (...asked) => this.#spending.send(...asked);
  testAccept: Node["testAccept"] = (...asked) => this.#spending.testAccept(...asked);
  feeRate: Node["feeRate"] = (...asked) => this.#spending.feeRate(...asked);
  walletProcessPsbt: Node["walletProcessPsbt"] = (...asked) =>
    this.#spending.walletProcessPsbt(...asked);

  watch(signal: AbortSignal): AsyncIterable<Tip> {
    const { clock, notices } = this.#deps;
    return watchTips({ node: this, clock, ...(notices ? { notices } : {}) }, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#deps.close?.();
    return Promise.resolve();
  }

  #askTemplate(signal?: AbortSignal): Promise<unknown> {
    return this.#ask("getblocktemplate", [{ rules: RULES }], { kind: "template", signal });
  }

  async #parkForTemplate(longPollId: string, signal?: AbortSignal): Promise<unknown> {
    const request = { rules: RULES, capabilities: ["longpoll"], longpollid: longPollId };
    try {
      return await this.#ask("getblocktemplate", [request], { kind: "longpoll", signal });
    } catch (error) {
      if (!(error instanceof LongPollOver)) throw error;
      // No news for so long, or a node that is gone: the plain question tells which.
      return await this.#askTemplate(signal);
    }
  }

  async #chainInfo(signal?: AbortSignal): Promise<Fields> {
    const answer = await this.#ask("getblockchaininfo", [], { signal });
    return new Fields("getblockchaininfo", answer);
  }

  /** The header of a block on the best chain, "side" for one beside it, null for one the node does not know. */
  async #header(
    hash: Hash,
    dialect: Dialect,
    signal?: AbortSignal,
  ): Promise<Fields | "side" | null> {
    try {
      const answer = await this.#ask("getblockheader", [displayHash(hash), true], { signal });
      const header = new Fields("getblockheader", answer, "the header");
      return header.integer("confirmations", -1) < 0 ? "side" : header;
    } catch (error) {
      if (!(error instanceof NodeRefused)) throw error;
      if (error.code === RPC_CODE.notFound) return null;
      if (dialect.isSideBlock(error)) return "side";
      throw error;
    }
  }

  async #speak(signal?: AbortSignal): Promise<Dialect> {
    return this.#dialect ??= await this.#noting(() => detectDialect(this.#deps.rpc, signal));
  }

  async #ask(method: string, params: readonly unknown[], options: CallOptions): Promise<unknown> {
    const { clock, rpc } = this.#deps;
    const beganMs = clock.monotonic();
    const answer = await this.#noting(() => rpc.call(method, params, options));
    // Of the others the time says more about the question than about the node.
    if (options.kind === undefined) this.#latencyMs = clock.monotonic() - beganMs;
    return answer;
  }

  /** Whatever is asked also tells how the node is. */
  async #noting<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#answers++;
      this.#health.fine("answering");
      return answer;
    } catch (error) {
      if (error instanceof NodeRefused) this.#answers++;
      else if (error instanceof NodeUnavailable || error instanceof NodeMalformed) this.#failures++;
      if (error instanceof NodeUnavailable) {
        // These two are the node's own words, so it answers; only templates show that they are over.
        const answers = error.why === "syncing" || error.why === "not-connected";
        if (answers) this.#health.fine("answering");
        else this.#dialect = null;
        this.#health.trouble(answers ? "templates" : "answering", error.message);
      } else if (error instanceof NodeRefused) {
        this.#health.fine("answering");
      } else if (error instanceof NodeMalformed) {
        this.#health.trouble("answering", `${this.name}: ${error.message}`);
      }
      throw error;
    }
  }
}
