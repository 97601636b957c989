/**
 * One gateway prefix as this process holds it: the lease, the record behind it, and its values.
 *
 * Two things stand in the store for a prefix. The lease `prefix:<hex>` says who may give values of it to new
 * sessions; it ends PREFIX_TTL after the last renewal. The record `prefix-held:<hex>` outlives it by the life
 * of a job, so that nobody gets the prefix while work made with it can still be handed in (quarantine), and
 * it carries the high-water mark for the next process of the same gateway.
 *
 * @module
 */
import { fromRecord, hasMembers, toRecord } from "./json.ts";
import type { Lease, State } from "./port.ts";
import { ALL_BLOCKS, BLOCK, NO_BLOCKS, VALUES, ValueSpace } from "./value_space.ts";

/** How long a gateway may serve new sessions without having reached the store. */
export const PREFIX_TTL_MS = 30_000;

/** Clocks of different machines run at slightly different speeds; a minute in 21 is past any of them. */
const QUARANTINE_SPARE_MS = 60_000;

/** What a prefix needs to know of its gateway. */
export interface Gateway {
  readonly state: State;
  readonly clock: { monotonic(): number };
  readonly random: { uint32(): number };
  /** Stays the same over restarts: it is what a restarted gateway gets its prefixes by. */
  readonly id: string;
  /** Differs from process to process: shows that a second one runs under the same id. */
  readonly incarnation: string;
  readonly jobMaxLifeMs: number;
}

interface PrefixRecord {
  readonly gateway: string;
  readonly incarnation: string;
  readonly start: number;
  readonly taken: number;
  /** Blocks of values that a next process must let rest (`ValueSpace.busyBlocks`). Absent: all. */
  readonly busy?: string;
}

/** What a renewal finds. */
export type Renewal =
  | { readonly kind: "held" }
  /** Not refused for good: the lease is out of reach for the moment (a store in quarantine, a passing rival). */
  | { readonly kind: "later" }
  /** Another has it: sessions on this prefix must move. */
  | { readonly kind: "lost"; readonly to: string; readonly sameGateway: boolean };

/** After the last write of a holder its prefix is nobody's for this long. */
export function quarantineMs(gateway: Pick<Gateway, "jobMaxLifeMs">): number {
  return PREFIX_TTL_MS + gateway.jobMaxLifeMs + QUARANTINE_SPARE_MS;
}

export class HeldPrefix {
  /** New sessions may be served before this, monotonic ms. */
  validUntilMs: number;

  private constructor(
    readonly gateway: Gateway,
    readonly prefix: number,
    readonly space: ValueSpace,
    private lease: Lease,
    private record: PrefixRecord,
    private bytes: Uint8Array,
    askedMs: number,
  ) {
    this.validUntilMs = askedMs + PREFIX_TTL_MS;
  }

  /**
   * Takes a prefix: one that nobody has had for the quarantine, or this gateway's own. Null where it is
   * another's.
   *
   * @throws {StateUnavailable}
   */
  static async obtain(gateway: Gateway, prefix: number): Promise<HeldPrefix | null> {
    const { state, clock, random } = gateway;
    const askedMs = clock.monotonic();
    const lease = await state.acquire(leaseOf(prefix), gateway.id, PREFIX_TTL_MS);
    if (lease === null) return null;
    const before = await state.get(keyOf(prefix));
    const old = fromRecord(before, isPrefixRecord);
    if (old !== null && old.gateway !== gateway.id) {
      await state.release(lease);
      return null;
    }
    // Begins anywhere: a store that has forgotten everything (memory) would else give the same values again.
    const start = old?.start ?? blockStart(random.uint32());
    const busy = old === null ? NO_BLOCKS : old.busy ?? ALL_BLOCKS;
    const record = { ...identity(gateway), start, taken: old?.taken ?? start, busy };
    const bytes = toRecord(record);
    if (!await state.compareAndSet(keyOf(prefix), before, bytes, quarantineMs(gateway))) {
      await state.release(lease);
      return null;
    }
    const space = new ValueSpace({
      start,
      taken: record.taken,
      busy,
      restMs: gateway.jobMaxLifeMs,
      // A process of before that is not dead yet may give values of its block until it must have renewed.
      inheritedUntilMs: clock.monotonic() + PREFIX_TTL_MS + gateway.jobMaxLifeMs,
    });
    return new HeldPrefix(gateway, prefix, space, lease, record, bytes, askedMs);
  }

  /**
   * Whether the prefix is anybody's, or has been within the quarantine.
   *
   * @throws {StateUnavailable}
   */
  static async isKept({ state }: Gateway, prefix: number): Promise<boolean> {
    return await state.get(keyOf(prefix)) !== null;
  }

  /**
   * Says to the store that this process is still here.
   *
   * @throws {StateUnavailable} Nothing is known; `validUntilMs` stays.
   */
  async renew(): Promise<Renewal> {
    const { state, clock, id } = this.gateway;
    const askedMs = clock.monotonic();
    const lease = await state.renew(this.lease, PREFIX_TTL_MS) ??
      await state.acquire(leaseOf(this.prefix), id, PREFIX_TTL_MS);
    // Even without the lease the record is looked at: it alone says whether the prefix is another's.
    const written = await this.#write(this.record.taken);
    if (written.kind === "lost" && lease !== null) await state.release(lease);
    if (written.kind !== "held") return written;
    if (lease === null) return { kind: "later" };
    this.lease = lease;
    this.validUntilMs = askedMs + PREFIX_TTL_MS;
    return written;
  }

  /**
   * Takes the next block of values.
   *
   * @returns "full" when every value is in use or at rest.
   * @throws {StateUnavailable}
   */
  async grow(): Promise<Renewal | { readonly kind: "full" }> {
    const wanted = this.space.wanted(this.gateway.clock.monotonic());
    if (wanted === null) return { kind: "full" };
    const written = await this.#write(wanted);
    if (written.kind === "held") this.space.grew(wanted);
    return written;
  }

  /** Writes the record with a mark, by compare-and-set on what this process wrote last. */
  async #write(taken: number): Promise<Renewal> {
    const { state, incarnation, id } = this.gateway;
    const key = keyOf(this.prefix);
    const busy = this.space.busyBlocks(this.gateway.clock.monotonic(), taken);
    const record = { ...this.record, taken, busy };
    const bytes = toRecord(record);
    const writeOver = (expected: Uint8Array | null) =>
      state.compareAndSet(key, expected, bytes, quarantineMs(this.gateway));
    if (!await writeOver(this.bytes)) {
      const present = await state.get(key);
      const other = fromRecord(present, isPrefixRecord);
      if (present !== null && other !== null) {
        if (other.incarnation !== incarnation) {
          return { kind: "lost", to: other.gateway, sameGateway: other.gateway === id };
        }
        // A write of ours whose answer was lost: its values are ours, and the next try builds on it.
        this.space.grew(other.taken);
        this.record = other;
        this.bytes = present;
        return { kind: "later" };
      }
      // The store has forgotten: tell it again, unless somebody was quicker.
      if (!await writeOver(present)) return { kind: "later" };
    }
    this.record = record;
    this.bytes = bytes;
    return { kind: "held" };
  }
}

function identity(gateway: Gateway) {
  return { gateway: gateway.id, incarnation: gateway.incarnation };
}

function blockStart(random: number): number {
  return random % (VALUES / BLOCK) * BLOCK;
}

export function prefixText(prefix: number): string {
  return prefix.toString(16).padStart(4, "0");
}

function leaseOf(prefix: number): string {
  return `prefix:${prefixText(prefix)}`;
}

function keyOf(prefix: number): string {
  return `prefix-held:${prefixText(prefix)}`;
}

function isPrefixRecord(value: unknown): value is PrefixRecord {
  return hasMembers(value, "gateway", "incarnation", "start", "taken") &&
    typeof value.gateway === "string" && typeof value.incarnation === "string" &&
    Number.isSafeInteger(value.start) && Number.isSafeInteger(value.taken) &&
    (value.start as number) >= 0 &&
    (!("busy" in value) || (typeof value.busy === "string" && /^[0-9a-f]{16}$/.test(value.busy)));
}
