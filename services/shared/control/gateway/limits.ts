/**
 * Every bound of the gateway, with its reason.
 *
 * @module
 */

/** The largest request: a signed change of settings has two texts of 2,000 characters. */
export const READ_MAX_BYTES = 65_536;

/** The largest answer: a page of a thousand credits or workers is a few hundred kilobytes. */
export const WRITE_MAX_BYTES = 8 * 1_048_576;

/** A request's body comes within so long: who sends it by drops holds a place that others need. */
export const BODY_MS = 10_000;

/** What servers and proxies take commonly; a page token is the longest thing asked for. */
export const URL_MAX_CHARS = 8_192;

/** Query parameters of one request, repeated ones counted. */
export const PARAMETERS_MAX = 64;

/** Names in a parameter's path, as in `a.b.c`: messages that contain themselves have no end of their own. */
export const PATH_DEPTH_MAX = 8;

/** What a unary call gets that names no deadline, and the most that one may name. */
export const UNARY_DEFAULT_MS = 10_000;
export const TIMEOUT_MAX_MS = 60_000;

/** Streams open at once in one process; each holds a connection and its place in a fan-out. */
export const STREAMS_MAX = 2_000;

/** A stream's life: who reads on asks again, who only holds the connection is gone by then. */
export const STREAM_LIFE_MS = 3_600_000;

/** Between signs of life of a stream that has nothing to say: below what proxies cut, 30 s commonly. */
export const HEARTBEAT_MS = 15_000;

/** How long the first message of a stream may decide the status; from then on it is 200. */
export const FIRST_MESSAGE_MS = 1_000;

/** Names in a sentence that lists what could have been asked for. */
export const NAMES_MAX = 12;

/** Of what a caller sent, quoted back to it. */
export const QUOTED_MAX_CHARS = 64;
