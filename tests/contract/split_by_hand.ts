/**
 * A block's split computed from the records of share.valid and what the public API says it rests on, and from nothing
 * else: no rule of the pool's own code is used. The steps are those of services/apiserver/books/README.md.
 *
 * @module
 */

/** A record of share.valid, as `deno task topics tail share.valid --json` shows it. */
export interface ShareRecord {
  readonly offset: number;
  readonly partition: number;
  readonly pool: string;
  readonly logId: string;
  readonly sourceOffset: bigint;
  readonly account: string;
  readonly variant: number;
  readonly mark: boolean;
  readonly loggedAtMs: bigint;
  readonly nbits: number;
  readonly work: bigint;
}

/** What GetBlockSplit answers, all pages of it, in protobuf's JSON. */
export interface SplitAnswer {
  readonly rewardSats: string;
  readonly feeSats: string;
  readonly donationSats: string;
  readonly basis: {
    readonly windowThousandths: number;
    readonly window: {
      readonly fromMinute: number;
      readonly edgeMinutes: number;
      readonly untilMinute: number;
      readonly numerator: string;
      readonly denominator: string;
      readonly full: boolean;
      readonly totals: readonly { nbits: number; whole: string; edge: string }[];
    };
    readonly cuts: { readonly partitions: readonly { partition: number; valid: string }[] };
    readonly lateShares: readonly {
      logId: string;
      partition: number;
      sourceOffset: string;
      minute: number;
    }[];
  };
  readonly credits: readonly {
    address: string;
    weight: string;
    sats: string;
    feeBasisPoints: number;
    donationBasisPoints: number;
  }[];
}

export interface ByHand {
  readonly feeSats: bigint;
  readonly donationSats: bigint;
  readonly credits: ReadonlyMap<string, { readonly weight: bigint; readonly sats: bigint }>;
  /** By nBits: work in the slices that count whole, and in the oldest one. */
  readonly totals: ReadonlyMap<number, readonly [whole: bigint, edge: bigint]>;
  /** Units of work in the window, in thousandths, as a fraction. */
  readonly thousandths: readonly [numerator: bigint, denominator: bigint];
}

type Work = Map<string, Map<number, [whole: bigint, edge: bigint]>>;

export function splitByHand(
  answer: SplitAnswer,
  records: readonly ShareRecord[],
  pool: string,
): ByHand {
  const work = workIn(answer, records, pool);
  const totals = new Map<number, [bigint, bigint]>();
  for (const byBits of work.values()) {
    for (const [nbits, [whole, edge]] of byBits) {
      const [wholes, edges] = totals.get(nbits) ?? [0n, 0n];
      totals.set(nbits, [wholes + whole, edges + edge]);
    }
  }
  const n = BigInt(answer.basis.window.numerator);
  const d = BigInt(answer.basis.window.denominator);
  const common = [...totals.keys()].map(workOfBits).reduce(leastCommonMultiple, 1n);
  const weights = new Map<string, bigint>();
  for (const [account, byBits] of work) {
    let weight = 0n;
    for (const [nbits, [whole, edge]] of byBits) {
      weight += (whole * d + edge * n) * (common / workOfBits(nbits));
    }
    weights.set(account, weight);
  }
  const all = sum([...weights.values()]);
  return { ...handedOut(answer, weights), totals, thousandths: [1_000n * all, common * d] };
}

/** Steps 1 to 3: the records that count, by account and nBits. */
function workIn({ basis }: SplitAnswer, records: readonly ShareRecord[], pool: string): Work {
  const { fromMinute, edgeMinutes, untilMinute } = basis.window;
  const cuts = new Map(basis.cuts.partitions.map((cut) => [cut.partition, BigInt(cut.valid)]));
  const late = new Map(basis.lateShares.map((one) => [
    `${one.logId}/${one.partition}/${one.sourceOffset}`,
    one.minute,
  ]));
  const seen = new Map<string, bigint>();
  const work: Work = new Map();
  for (const record of records) {
    if (record.mark || BigInt(record.offset) >= (cuts.get(record.partition) ?? 0n)) continue;
    const place = `${record.logId}/${record.partition}`;
    if (record.sourceOffset <= (seen.get(place) ?? -1n)) continue;
    seen.set(place, record.sourceOffset);
    if (record.pool !== pool || record.variant === 1) continue;
    const minute = late.get(`${place}/${record.sourceOffset}`) ??
      Number(record.loggedAtMs / 60_000n);
    if (minute < fromMinute || minute >= untilMinute) continue;
    const byBits = work.get(record.account) ?? new Map();
    const [whole, edge] = byBits.get(record.nbits) ?? [0n, 0n];
    const isEdge = minute < fromMinute + edgeMinutes;
    byBits.set(
      record.nbits,
      isEdge ? [whole, edge + record.work] : [whole + record.work, edge],
    );
    work.set(record.account, byBits);
  }
  return work;
}

/** Steps 4 to 6. */
function handedOut({ rewardSats, credits }: SplitAnswer, weights: ReadonlyMap<string, bigint>) {
  const value = BigInt(rewardSats);
  const rates = new Map(credits.map((credit) => [credit.address, credit]));
  const parts = [...weights].map(([address, weight]) => {
    const { feeBasisPoints = 0, donationBasisPoints = 0 } = rates.get(address) ?? {};
    return { address, weight, f: BigInt(feeBasisPoints), d: BigInt(donationBasisPoints) };
  });
  const W = sum(parts.map(({ weight }) => weight));
  const feeSats = value * sum(parts.map(({ weight, f }) => weight * f)) / (W * 10_000n);
  const given = sum(parts.map(({ weight, f, d }) => weight * (10_000n - f) * d));
  const donationSats = value * given / (W * 100_000_000n);
  const rest = value - feeSats - donationSats;
  const own = parts.map((part) => ({
    ...part,
    own: part.weight * (10_000n - part.f) * (10_000n - part.d),
  }));
  const O = sum(own.map((part) => part.own));
  const shares = own.map((part) => ({
    ...part,
    sats: rest * part.own / O,
    remainder: rest * part.own % O,
  }));
  const left = Number(rest - sum(shares.map(({ sats }) => sats)));
  shares.sort((a, b) =>
    compare(b.remainder, a.remainder) || compare(b.weight, a.weight) ||
    compare(a.address, b.address)
  );
  for (const share of shares.slice(0, left)) share.sats++;
  const result = new Map(shares.map(({ address, weight, sats }) => [address, { weight, sats }]));
  return { feeSats, donationSats, credits: result };
}

/** floor(2^256 / (target + 1)), the target as a block's header writes it. */
export function workOfBits(nbits: number): bigint {
  const size = nbits >>> 24;
  const digits = BigInt(nbits & 0x7f_ffff);
  const target = size <= 3 ? digits >> BigInt(8 * (3 - size)) : digits << BigInt(8 * (size - 3));
  return (1n << 256n) / (target + 1n);
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return a / x * b;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((all, one) => all + one, 0n);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
