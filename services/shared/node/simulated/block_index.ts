/**
 * Every header the node knows, as a tree by parent.
 *
 * @module
 */
import {
  displayHash,
  encodeHeader,
  type Hash,
  type Header,
  targetFromBits,
  workOfTarget,
} from "@gopool/chain";
import type { Ancestor } from "./difficulty.ts";
import { MEDIAN_TIME_SPAN } from "./rules.ts";

/** One known header. What may change of it is changed by the chain state only. */
export interface Entry extends Ancestor {
  readonly hash: Hash;
  /** The hash as people and RPC write it. */
  readonly id: string;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
  readonly height: number;
  readonly nbits: number;
  readonly previous: Entry | null;
  /** Expected hashes of the whole branch up to here. */
  readonly chainWork: bigint;
  /** Median of its own time and those of the ten before it: what the next one must exceed. */
  readonly medianTime: number;
  /** The body is kept. A header alone is what a refused body leaves. */
  hasBody: boolean;
  /** It and all before it have bodies: it may become the tip. */
  linked: boolean;
  /** It or one before it was refused or invalidated. */
  failed: boolean;
  /** It was connected once, so all that can be checked of it was. */
  connectedOnce: boolean;
  /** Order in which bodies came. */
  sequence: number;
  arrivedAtMs: number;
  /** The same instant on the clock that measures spans; 0 (the node's start) for what was loaded. */
  arrivedMonotonicMs: number;
  spanMs: number | null;
  transactions: number;
  size: number;
}

/** What an entry begins with: a header and no body. */
export function newEntry(hash: Hash, header: Header, previous: Entry | null): Entry {
  return {
    hash,
    id: displayHash(hash),
    header,
    headerBytes: encodeHeader(header),
    height: previous === null ? 0 : previous.height + 1,
    nbits: header.nbits,
    previous,
    chainWork: (previous?.chainWork ?? 0n) + workOfTarget(targetFromBits(header.nbits)),
    medianTime: medianTime(header.time, previous),
    hasBody: false,
    linked: false,
    failed: previous?.failed ?? false,
    connectedOnce: false,
    sequence: 0,
    arrivedAtMs: 0,
    arrivedMonotonicMs: 0,
    spanMs: null,
    transactions: 0,
    size: 0,
  };
}

function medianTime(time: number, previous: Entry | null): number {
  const times = [time];
  for (let at = previous; at !== null && times.length < MEDIAN_TIME_SPAN; at = at.previous) {
    times.push(at.header.time);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

/** The last block two branches share. */
export function forkOf(a: Entry, b: Entry): Entry {
  while (a !== b) {
    if (a.height >= b.height) a = a.previous!;
    else b = b.previous!;
  }
  return a;
}

export function ancestorAt(entry: Entry, height: number): Entry {
  while (entry.height > height) entry = entry.previous!;
  return entry;
}

export class BlockIndex {
  /** Parents stand before their children: entries are added in that order. */
  readonly #entries = new Map<string, Entry>();

  get(hash: Hash): Entry | undefined {
    return this.#entries.get(displayHash(hash));
  }

  getById(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  add(entry: Entry): void {
    this.#entries.set(entry.id, entry);
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** The entry and everything built on it, parents first. */
  withDescendants(root: Entry): Set<Entry> {
    const found = new Set([root]);
    for (const entry of this.#entries.values()) {
      if (entry.previous !== null && found.has(entry.previous)) found.add(entry);
    }
    return found;
  }

  /** Most work wins; among equals the one whose body came first. */
  best(): Entry {
    let best: Entry | null = null;
    for (const entry of this.#entries.values()) {
      if (!entry.linked || entry.failed) continue;
      if (best === null || isBetter(entry, best)) best = entry;
    }
    if (best === null) throw new Error("The block index has lost its genesis block");
    return best;
  }

  /** Ends of all branches, for getchaintips. */
  tips(): Entry[] {
    const parents = new Set<Entry | null>();
    for (const entry of this.#entries.values()) parents.add(entry.previous);
    return [...this.#entries.values()].filter((entry) => !parents.has(entry));
  }
}

function isBetter(a: Entry, b: Entry): boolean {
  if (a.chainWork !== b.chainWork) return a.chainWork > b.chainWork;
  return a.sequence < b.sequence;
}
