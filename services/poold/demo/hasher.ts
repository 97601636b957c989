/**
 * The demo miner's worker: hashes one header after another and reports what meets the target.
 *
 * @module
 */
import { type Difficulty, targetFromDifficulty, targetToBytes } from "@gopool/chain";
import { createNonceScanner } from "@gopool/shares";
import { headerFor, type NotifyParams } from "@gopool/stratum";

/** What the miner tells its worker: the work to do from now on. */
export interface Work {
  readonly notify: NotifyParams;
  readonly extranonce1: Uint8Array;
  readonly extranonce2Size: number;
  readonly difficulty: number;
}

/** A found share, and how much was hashed since the last report. */
export interface Found {
  readonly kind: "found";
  readonly jobId: string;
  readonly extranonce2: Uint8Array;
  readonly ntime: number;
  readonly nonce: number;
}

export interface Hashed {
  readonly kind: "hashed";
  readonly hashes: number;
  readonly ms: number;
}

/** Nonces between two looks at the mail: some 50 ms of hashing, so that new work waits no longer. */
const CHUNK = 1 << 17;
const NONCES = 2 ** 32;

const scanner = createNonceScanner();
const self_ = self as unknown as {
  postMessage(message: Found | Hashed): void;
  onmessage: ((event: MessageEvent<Work>) => void) | null;
};

let work: Work | undefined;
let running = false;
/** Counts through all work, so that no header is ever hashed twice. */
let extranonce2 = 0n;

self_.onmessage = ({ data }) => {
  work = data;
  if (!running) void hash();
};

async function hash(): Promise<void> {
  running = true;
  while (true) {
    const current = work!;
    const en2 = extranonce2Bytes(extranonce2++, current.extranonce2Size);
    const { notify, extranonce1, difficulty } = current;
    const { version, ntime, jobId } = notify;
    const header = headerFor(notify, { extranonce1, extranonce2: en2, version, ntime, nonce: 0 });
    const target = targetToBytes(targetFromDifficulty(difficulty as Difficulty));
    for (let from = 0; from < NONCES && work === current; from += CHUNK) {
      const startedMs = performance.now();
      for (const nonce of scanner.scan(header, target, from, CHUNK)) {
        self_.postMessage({ kind: "found", jobId, extranonce2: en2, ntime, nonce });
      }
      self_.postMessage({ kind: "hashed", hashes: CHUNK, ms: performance.now() - startedMs });
      await nextTurn();
    }
  }
}

/** Lets the mail in: a message port's own turn comes after those that wait. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function extranonce2Bytes(counter: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, counter, true);
  return bytes.slice(0, size);
}
