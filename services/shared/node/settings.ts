/**
 * What an operator says of the nodes, paired up.
 *
 * @module
 */
import { accessOf } from "./access.ts";

/** One node: where its RPC answers, how to be let in, where it publishes. */
export interface NodeSettings {
  /** `http://user:password@host:port`; the credentials percent-encoded where they must be. */
  readonly url: URL;
  /** File with `user:password` that the node writes at each start; used where the URL has no credentials. */
  readonly cookieFile?: string;
  /** `tcp://host:port` of its `zmqpubhashblock`. */
  readonly zmq?: string;
}

export interface NodesSettings {
  /** In order of preference; at least one. */
  readonly nodes: readonly NodeSettings[];
  /** How long a tip must be gone from every healthy node before a lower one is taken. Default 30 s. */
  readonly goneForMs?: number;
}

/**
 * Pairs the three lists of settings by position: a cookie file for each URL without credentials (or one for
 * all of them), a ZMQ address for each URL (or none at all; an empty text skips a node).
 *
 * @throws {RangeError} In a sentence, where the lists do not fit each other.
 */
export function pairNodes(
  urls: readonly (string | URL)[],
  cookieFiles: readonly string[] = [],
  zmq: readonly string[] = [],
): NodeSettings[] {
  if (urls.length === 0) throw new RangeError("No node is named");
  if (cookieFiles.length > 1 && cookieFiles.length !== urls.length) {
    throw new RangeError(
      `${cookieFiles.length} cookie files are named for ${urls.length} nodes: name one for all or one for each`,
    );
  }
  if (zmq.length > 0 && zmq.length !== urls.length) {
    throw new RangeError(
      `${zmq.length} ZMQ addresses are named for ${urls.length} nodes: name one for each`,
    );
  }
  return urls.map((given, i) => {
    const url = new URL(given);
    const cookieFile = cookieFiles.length === 1 ? cookieFiles[0] : cookieFiles[i];
    return {
      url,
      ...(cookieFile && !url.username ? { cookieFile } : {}),
      ...(zmq[i] ? { zmq: zmq[i] } : {}),
    };
  });
}

/** The shape of @gopool/config's rows about nodes: this room knows no other. */
export interface NodeRows {
  readonly nodeUrl?: readonly URL[] | undefined;
  readonly nodeCookie?: string | undefined;
  readonly nodeZmq?: readonly URL[] | undefined;
  readonly nodeGoneAfter?: number | undefined;
}

/**
 * The nodes that the rows name, paired.
 *
 * @throws {RangeError} In a sentence, where the rows do not fit each other.
 */
export function nodesOf({ nodeUrl, nodeCookie, nodeZmq }: NodeRows): NodeSettings[] {
  const cookies = nodeCookie === undefined ? [] : [nodeCookie];
  return pairNodes(nodeUrl ?? [], cookies, nodeZmq?.map(({ href }) => href));
}

/** What the rows about nodes contradict, in sentences. */
export function nodeProblems(rows: NodeRows): string[] {
  if (rows.nodeUrl === undefined) return [];
  try {
    for (const node of nodesOf(rows)) accessOf(node, () => Promise.resolve(""));
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [`GOPOOL_NODE_URL and what belongs to it do not fit: ${error.message}`];
  }
}
