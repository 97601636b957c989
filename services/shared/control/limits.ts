/**
 * Every bound of a control server, with its reason.
 *
 * @module
 */

/** The largest request: a share or a signed request is below a kilobyte; the second road brings a whole block. */
export const READ_MAX_BYTES = 8 * 1_048_576;

/** The largest answer: a block's hex (8 MB) and a little; pages and pieces of profiles are far below. */
export const WRITE_MAX_BYTES = 16 * 1_048_576;

/** A call that wants longer than this is told so. Streams that watch have no deadline. */
export const TIMEOUT_MAX_MS = 3_600_000;

/** What a unary call gets where the caller names no deadline: longer than a node's slowest answer. */
export const UNARY_DEFAULT_MS = 60_000;

/** Operators, tools, and every gateway's second road: hundreds are none of them. */
export const CONNECTIONS_MAX = 256;

/** Calls at once on one connection; a page of the operator's has a dozen. */
export const STREAMS_MAX = 100;

/** A connection over which nothing was asked by then is nobody's: whoever connects has something to ask. */
export const HANDSHAKE_MS = 10_000;

/** What calls may still take when the server ends, before their connections are cut. */
export const DRAIN_MS = 2_000;

/** How often a watcher of health looks: a balancer acts on seconds. */
export const HEALTH_LOOK_MS = 500;

/** Watchers of health at once, who need no token: balancers and tools are few. */
export const HEALTH_WATCHERS_MAX = 64;

/** Text of a record's `before` and `after`: a page of settings, not a dump. */
export const NOTE_MAX_CHARS = 4_000;

/** Headers of a request: a token has at most 256 characters. */
export const HEADERS_MAX_BYTES = 16_384;

/** Requests that anybody may make are names: of a service, a symbol, a file. */
export const OPEN_READ_MAX_BYTES = 16_384;

/** A connection that is silent is asked by TCP whether its peer still lives. */
export const KEEP_ALIVE_MS = 60_000;

/** Headers of a request by number: gRPC's own are about a dozen. */
export const HEADERS_MAX = 64;

/** Broken rules that one answer names: as many as somebody mends at once. */
export const VIOLATIONS_MAX = 8;

/** Between the last answer and the end of its connection. */
export const LINGER_MS = 50;

/** What a connection without calls gets to say goodbye. */
export const CLOSE_MS = 500;
