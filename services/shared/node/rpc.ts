/**
 * JSON-RPC 1.0 over HTTP as Bitcoin Core speaks it: one request, one answer, an own timeout for each kind of
 * call. Knows no method by name.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { Access } from "./access.ts";
import { NodeMalformed, type NodeRefused, NodeUnavailable } from "./port.ts";
import { firstWords, isBroken, rpcFault, statusFault, transportFault } from "./rpc_errors.ts";

/** `fetch`, or what answers like it. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** What a call asks of the node, which says how long it may take and on which connections it goes. */
export type CallKind = "quick" | "template" | "propose" | "submit" | "block" | "send" | "longpoll";

/** How long each kind may take, ms. */
export const TIMEOUT_MS: Readonly<Record<CallKind, number>> = {
  // Answered from memory, but behind the lock that connecting a full block holds for seconds on small machines.
  quick: 10_000,
  // Choosing among a full mempool: well below a second on Core, several on a node that has just started.
  template: 20_000,
  // Both check a whole block, scripts included, perhaps with cold caches.
  propose: 60_000,
  submit: 60_000,
  // 8 MB of hex off a disk that may be busy.
  block: 30_000,
  // Checks signatures, behind the lock that connecting a block holds; a wallet's many.
  send: 30_000,
  // A parked request looks the same whether the node has nothing new or is gone: this bounds the doubt.
  longpoll: 120_000,
};

/**
 * Most bytes of one answer. A template is its block in hex (at most 8 MB) and some 300 bytes of JSON around each
 * of at most 16,000 transactions.
 */
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;

export interface CallOptions {
  readonly kind?: CallKind;
  readonly signal?: AbortSignal | undefined;
  /**
   * Members of the answer, at any depth, whose numbers are kept as the text that the node wrote: amounts, which must
   * not go through a double.
   */
  readonly decimals?: readonly string[];
}

export interface Call {
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** One answer of a batch: the result, or the error that a single call would have thrown. */
export type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: NodeUnavailable | NodeRefused };

export interface RpcDeps {
  readonly clock: Clock;
  readonly access: Access;
  readonly fetch: FetchLike;
  /** For long polls: connections of their own, so that nothing waits behind a parked request. */
  readonly longFetch: FetchLike;
  /** Told of each call that has ended by itself, but for long polls: whether the node has answered, and how soon. */
  readonly onCall?: (kind: CallKind, tookMs: number, hasAnswered: boolean) => void;
}

/** A long poll parked for its whole time: no fault, and no news either. */
export class LongPollOver extends Error {
  override name = "LongPollOver";
}

/** A node's RPC. Calls may run side by side. */
export class Rpc {
  readonly name: string;
  readonly #deps: RpcDeps;
  #id = 0;

  constructor(deps: RpcDeps) {
    this.#deps = deps;
    this.name = deps.access.name;
  }

  /**
   * The result of one call, unchecked.
   *
   * @throws {NodeUnavailable} No answer in time, no connection, no login, or the node says that it is not ready.
   * @throws {NodeRefused} The node answered with another RPC error.
   * @throws {NodeMalformed} What it answered is no JSON-RPC.
   * @throws {LongPollOver} A call of that kind has parked for its whole time.
   * @throws The reason of `signal`, where that aborts.
   */
  async call(
    method: string,
    params: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<unknown> {
    const answer = this.#read(
      method,
      await this.#post(method, this.#request(method, params), options),
    );
    if (!answer.ok) throw answer.error;
    return answer.result;
  }

  /** Several calls in one request; answers in the order of the calls. Throws like `call` where there are none. */
  async batch(calls: readonly Call[], options: CallOptions = {}): Promise<Answer[]> {
    const requests = calls.map(({ method, params }) => this.#request(method, params ?? []));
    const label = calls.map(({ method }) => method).join(" + ");
    const answers = await this.#post(label, requests, options);
    if (!Array.isArray(answers)) {
      // A node that is starting answers a batch with one error.
      const single = this.#read(label, answers);
      throw single.ok
        ? new NodeMalformed(label, "a batch must be answered by a list")
        : single.error;
    }
    const byId = new Map(answers.map((answer) => [answer?.id, answer]));
    return requests.map(({ id, method }) => this.#read(method, byId.get(id)));
  }

  #request(method: string, params: readonly unknown[]) {
    // Without "jsonrpc" btcd answers nothing at all; "1.0" is what Bitcoin Core's own client sends.
    return { jsonrpc: "1.0", id: ++this.#id, method, params };
  }

  #read(method: string, answer: unknown): Answer {
    if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
      throw new NodeMalformed(method, "it is no JSON-RPC answer");
    }
    const { result, error } = answer as { result?: unknown; error?: unknown };
    if (error === null || error === undefined) {
      if (result === undefined) throw new NodeMalformed(method, "it has neither result nor error");
      return { ok: true, result };
    }
    const { code, message } = error as { code?: unknown; message?: unknown };
    return {
      ok: false,
      error: rpcFault(
        this.name,
        method,
        typeof code === "number" ? code : 0,
        firstWords(typeof message === "string" ? message : JSON.stringify(error)),
      ),
    };
  }

  async #post(label: string, request: unknown, options: CallOptions): Promise<unknown> {
    const { clock, onCall } = this.#deps;
    const { kind = "quick" } = options;
    if (onCall === undefined || kind === "longpoll") {
      return await this.#postUnseen(label, request, options);
    }
    const beganMs = clock.monotonic();
    const tell = (hasAnswered: boolean) => onCall(kind, clock.monotonic() - beganMs, hasAnswered);
    try {
      const answer = await this.#postUnseen(label, request, options);
      tell(true);
      return answer;
    } catch (error) {
      if (!options.signal?.aborted) tell(false);
      throw error;
    }
  }

  /** Sends, with a second try where the first met a stale login or a connection that the node had closed. */
  async #postUnseen(label: string, request: unknown, options: CallOptions): Promise<unknown> {
    const { clock, access } = this.#deps;
    const kind = options.kind ?? "quick";
    const over = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
    const settled = new AbortController();
    const timer = clock.sleep(TIMEOUT_MS[kind], settled.signal).then(() => {
      if (!settled.signal.aborted) over.abort();
    });
    try {
      const body = JSON.stringify(request);
      try {
        return await this.#send(label, options, body, signal, false);
      } catch (error) {
        const again = error instanceof NodeUnavailable && !signal.aborted &&
          (error.why === "unauthorized" ? access.canRenew : isBroken(error.cause));
        if (!again) throw error;
        return await this.#send(label, options, body, signal, true);
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (over.signal.aborted) {
        if (kind === "longpoll") throw new LongPollOver();
        throw new NodeUnavailable(
          `${this.name} did not answer ${label} within ${TIMEOUT_MS[kind] / 1000} s`,
          "unreachable",
        );
      }
      throw error;
    } finally {
      settled.abort();
      await timer;
    }
  }

  async #send(
    label: string,
    options: CallOptions,
    body: string,
    signal: AbortSignal,
    renew: boolean,
  ): Promise<unknown> {
    const { access, fetch, longFetch } = this.#deps;
    const { kind = "quick", decimals } = options;
    const authorization = await access.authorization(renew && access.canRenew);
    const send = kind === "longpoll" ? longFetch : fetch;
    let response: Response, text: string;
    try {
      response = await send(access.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(authorization === null ? {} : { authorization }),
        },
        body,
        signal,
        // A redirect would carry the login somewhere else.
        redirect: "manual",
      });
      text = await readBounded(response, label);
    } catch (error) {
      if (error instanceof NodeMalformed) throw error;
      throw transportFault(this.name, error);
    }
    return parseBody(this.name, label, response.status, text, decimals);
  }
}

/** Bitcoin Core answers RPC errors with 500 or 404 and a body, btcd with 200; a body without JSON is neither. */
function parseBody(
  node: string,
  label: string,
  status: number,
  text: string,
  decimals?: readonly string[],
): unknown {
  if (status === 401 || status === 403) throw statusFault(node, status);
  try {
    return decimals === undefined ? JSON.parse(text) : parseKeeping(decimals, text);
  } catch {
    if (status !== 200) throw statusFault(node, status);
    // Not one word of the body: what answers there may echo our request, login included.
    throw new NodeMalformed(label, text === "" ? "it is empty" : "it is no JSON");
  }
}

async function readBounded(response: Response, label: string): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) {
      throw new NodeMalformed(label, `it is longer than ${ANSWER_MAX_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** JSON.parse with these members' numbers as they were written. */
function parseKeeping(members: readonly string[], text: string): unknown {
  return JSON.parse(text, (key, value, context?: { source?: string }) => {
    if (typeof value !== "number" || !members.includes(key)) return value;
    if (context?.source === undefined) {
      throw new TypeError("This runtime does not keep a number's text");
    }
    return context.source;
  });
}
