/**
 * What can go wrong between us and a node's RPC, said in sentences. Codes are Bitcoin Core's (rpc/protocol.h).
 *
 * @module
 */
import { NodeRefused, NodeUnavailable } from "./port.ts";

/** Codes that this room acts on. */
export const RPC_CODE = {
  /** RPC_MISC_ERROR; btcd's for a method it knows but does not have, and for a height above the tip. */
  misc: -1,
  /** RPC_INVALID_ADDRESS_OR_KEY: among others, a block that the node does not know. */
  notFound: -5,
  /** RPC_INVALID_PARAMETER: among others, a height above the tip. */
  invalidParameter: -8,
  notConnected: -9,
  initialDownload: -10,
  /** RPC_DESERIALIZATION_ERROR: a block or a transaction that cannot be read. */
  undecodable: -22,
  /** RPC_TRANSACTION_ERROR: among others, inputs that are missing or spent. */
  transactionError: -25,
  transactionRejected: -26,
  /** RPC_TRANSACTION_ALREADY_IN_UTXO_SET. */
  alreadyInChain: -27,
  warmingUp: -28,
  methodNotFound: -32601,
  /** RPC_INTERNAL_ERROR. */
  internal: -32603,
} as const;

/** The error for an RPC error object. */
export function rpcFault(
  node: string,
  method: string,
  code: number,
  words: string,
): NodeUnavailable | NodeRefused {
  switch (code) {
    case RPC_CODE.warmingUp:
      return new NodeUnavailable(`${node} is starting: ${words}`, "warming-up");
    case RPC_CODE.initialDownload:
      return new NodeUnavailable(
        `${node} is still catching up with the network: ${words}`,
        "syncing",
      );
    case RPC_CODE.notConnected:
      return new NodeUnavailable(`${node} has no peers: ${words}`, "not-connected");
    default:
      return new NodeRefused(method, code, words);
  }
}

/** The error for an HTTP status that comes without an RPC answer. */
export function statusFault(node: string, status: number): NodeUnavailable {
  if (status === 401) {
    return new NodeUnavailable(
      `${node} refuses the login (HTTP 401): user and password, or the cookie file, are not its own`,
      "unauthorized",
    );
  }
  if (status === 403) {
    return new NodeUnavailable(
      `${node} does not allow us in (HTTP 403): see its rpcallowip and rpcwhitelist`,
      "unauthorized",
    );
  }
  if (status === 503) {
    return new NodeUnavailable(
      `${node} has too much to do (HTTP 503): see its rpcworkqueue`,
      "unreachable",
    );
  }
  return new NodeUnavailable(
    `${node} answers HTTP ${status} and no RPC: is this the node's RPC port?`,
    "unreachable",
  );
}

/** The error for a request that got no HTTP answer. `error` is what fetch threw. */
export function transportFault(node: string, error: unknown): NodeUnavailable {
  return new NodeUnavailable(`Cannot reach ${node}: ${transportWords(error)}`, "unreachable", {
    cause: error,
  });
}

/** Whether the connection broke after it stood: the request may be sent again on a new one. */
export function isBroken(error: unknown): boolean {
  return /SendRequest|reset|broken pipe|connection closed|reading a body/i.test(textOf(error)) &&
    !/invalid HTTP version/.test(textOf(error));
}

function transportWords(error: unknown): string {
  const text = textOf(error);
  if (error instanceof Deno.errors.NotCapable) return "this process has no net permission for it";
  if (/refused/i.test(text)) return "connection refused (is the node running, and the port right?)";
  if (/lookup address|dns error/i.test(text)) return "no such host name";
  if (/unreachable|no route/i.test(text)) return "no route to this host";
  if (/ports? \d+ (are|is) blocked/i.test(text)) return "this port is barred for HTTP";
  if (/InvalidContentType|certificate|tls/i.test(text)) return "no TLS connection (http or https?)";
  if (/invalid HTTP|parsed/i.test(text)) return "what answers there does not speak HTTP";
  if (isBroken(error)) return "the connection broke before the answer was whole";
  return "the connection failed";
}

/** Deno puts the why into `cause`; URLs in it have no credentials, because ours never have. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}

/** Long enough for a sentence, too short to fill a log. */
const WORDS_MAX = 200;

export function firstWords(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line;
}
