/**
 * Answers as bytes, ready to be sent: what most requests are answered from, without a look at any store.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { GZIP_MIN_BYTES, READY_ENTRY_MAX_BYTES, READY_MAX_BYTES } from "./limits.ts";

/** An answer with status 200. */
export interface ReadyAnswer {
  /** For the metrics: what answered it. */
  readonly route: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Opaque, without quotes: changes with the body. */
  readonly etag: string;
  /** By the monotonic clock: until then it is the answer, and until the other it may still be given. */
  readonly freshUntilMs: number;
  readonly staleUntilMs: number;
  /** Made when somebody first takes it; null: the body is too small to gain. */
  gzip?: Uint8Array<ArrayBuffer> | null;
}

/** What an entry costs beside its bytes: an estimate of map slot, object, key and texts. */
const ENTRY_BYTES = 500;

/** The body as its hash. Weak comparison is all that GET needs (RFC 9110, section 13.1.2). */
export function etagOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("base64url").slice(0, 22);
}

/** The compressed body; null where it is sent as it is. */
export function gzipOf(answer: ReadyAnswer): Uint8Array<ArrayBuffer> | null {
  if (answer.gzip === undefined) {
    // Level 4: half the time of the usual 6 for a few percent more bytes.
    answer.gzip = answer.body.length < GZIP_MIN_BYTES
      ? null
      : new Uint8Array(gzipSync(answer.body, { level: 4 }));
  }
  return answer.gzip;
}

/** Bounded by bytes: the one that was not asked for longest goes first. */
export class Ready {
  readonly #maxBytes: number;
  readonly #answers = new Map<string, ReadyAnswer>();
  #bytes = 0;

  constructor(maxBytes: number = READY_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#answers.size;
  }

  /** Of all that is kept; compressed bodies are counted as half of the others, made or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One that may be given now; null where there is none. */
  get(key: string, nowMs: number): ReadyAnswer | null {
    const found = this.#answers.get(key);
    if (found === undefined) return null;
    this.#answers.delete(key);
    if (nowMs >= found.staleUntilMs) {
      this.#bytes -= costOf(key, found);
      return null;
    }
    // Behind all others: the first is the one that was not asked for longest.
    this.#answers.set(key, found);
    return found;
  }

  put(key: string, answer: ReadyAnswer): void {
    this.#drop(key);
    const cost = costOf(key, answer);
    if (cost > READY_ENTRY_MAX_BYTES) return;
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes + cost <= this.#maxBytes) break;
      this.#drop(oldest);
    }
    this.#answers.set(key, answer);
    this.#bytes += cost;
  }

  /** @returns How many there were. */
  clear(): number {
    const { size } = this.#answers;
    this.#answers.clear();
    this.#bytes = 0;
    return size;
  }

  #drop(key: string): void {
    const found = this.#answers.get(key);
    if (found === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= costOf(key, found);
  }
}

function costOf(key: string, { body }: ReadyAnswer): number {
  return ENTRY_BYTES + 2 * key.length + Math.ceil(1.5 * body.length);
}
