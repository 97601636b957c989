/** Values as people read them. @module */

/** Times of the API: ms since the Unix epoch, 0 where there is none. Seconds are enough for people. */
export function time(ms: bigint | number): string | null {
  return Number(ms) === 0 ? null : new Date(Number(ms)).toISOString().replace(/\.\d{3}Z$/, "Z");
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const;

/** `3d 4h`, `5m 10s`, `12s`, `250ms`: the two greatest units. */
export function span(ms: bigint | number): string {
  let rest = Math.max(0, Number(ms));
  if (rest < 1_000) return `${Math.round(rest)}ms`;
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return parts.slice(0, 2).join(" ");
}

/** How long ago; null where there is no time. */
export function ago(ms: bigint | number, nowMs: number): string | null {
  return Number(ms) === 0 ? null : span(nowMs - Number(ms));
}

/** `HEALTH_DEGRADED` of an enumeration's numbers → `degraded`. */
export function word(names: Readonly<Record<number, string>>, value: number): string {
  const name = names[value];
  if (name === undefined) return `${value} (unknown to this program)`;
  return name.toLowerCase().replaceAll("_", " ");
}

/** A few digits that tell sizes apart; whole numbers stay whole. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Number.isInteger(value) && Math.abs(value) < 1e15
    ? String(value)
    : String(Number(value.toPrecision(4)));
}

const RATES = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s", "ZH/s"];

export function hashrate(perSecond: number): string {
  if (!(perSecond > 0)) return "-";
  const step = Math.min(RATES.length - 1, Math.max(0, Math.floor(Math.log10(perSecond) / 3)));
  return `${(perSecond / 1000 ** step).toPrecision(3)} ${RATES[step]}`;
}

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(count: bigint | number): string {
  let rest = Number(count), step = 0;
  while (rest >= 1024 && step < SIZES.length - 1) {
    rest /= 1024;
    step++;
  }
  return `${step === 0 ? rest : rest.toPrecision(3)} ${SIZES[step]}`;
}

/** The ends of something long: enough to know it by. */
export function ends(text: string, most = 20): string {
  return text.length <= most ? text : `${text.slice(0, 10)}…${text.slice(-6)}`;
}

/** `one miner`, `2 miners`. */
export function count(n: number | bigint, what: string): string {
  return `${n} ${what}${Number(n) === 1 ? "" : "s"}`;
}
