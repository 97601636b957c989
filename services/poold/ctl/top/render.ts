/** The live screen as text. Pure. @module */
import { BlockState, type BlockSummary, type ExplainedJob } from "@gopool/proto/control";
import { ago, count, ends, hashrate, short, time, word } from "../words.ts";

/** What the screen shows; what could not be asked is undefined, with the reason in `troubles`. */
export interface Seen {
  readonly atMs: number;
  readonly services: readonly ServiceLine[];
  readonly miners: MinersLine | undefined;
  readonly top: readonly SessionLine[];
  readonly job: ExplainedJob | undefined;
  readonly blocks: readonly BlockSummary[];
  readonly troubles: readonly string[];
}

export interface ServiceLine {
  readonly name: string;
  readonly at: string;
  readonly state: string;
  /** Null where nothing is known of it. */
  readonly lag: bigint | null;
}

export interface MinersLine {
  readonly sessions: number;
  readonly working: number;
  /** Hashes a second, estimated from accepted shares. */
  readonly hashesPerSecond: number;
  readonly accepted: bigint;
  readonly refused: bigint;
}

export interface SessionLine {
  readonly id: string;
  readonly who: string;
  readonly userAgent: string;
  readonly difficulty: number;
  readonly hashesPerSecond: number;
  readonly accepted: bigint;
  readonly refused: bigint;
  readonly lastShareAtMs: bigint;
}

const BLOCKS_SHOWN = 5;

/** The lines, none longer than `columns`, no more than `rows` where it is given. */
export function screenOf(seen: Seen, columns: number, rows = Infinity): string[] {
  const { atMs, miners, job, services, blocks, troubles } = seen;
  const head = [
    `GoPool ${time(atMs)}${miners === undefined ? "" : `   ${hashrate(miners.hashesPerSecond)}`}`,
    miners === undefined
      ? "miners: not known"
      : `miners: ${
        count(miners.sessions, "session")
      }, ${miners.working} at work; shares ${miners.accepted} accepted, ${miners.refused} refused${
        share(miners)
      }`,
    job === undefined
      ? "job: none is out"
      : `job: ${job.id} at height ${job.height}, out for ${ago(job.loggedAtMs, atMs) ?? "-"}, ${
        job.empty ? "empty" : `${job.transactions ?? "?"} transactions`
      }, ${job.coinbaseValueSats} sats, network difficulty ${short(job.difficulty)}`,
    "",
    ...columnsOf([
      ["service", "at", "state", "behind"],
      ...services.map((
        { name, at, state, lag },
      ) => [name, at, state, lag === null ? "-" : String(lag)]),
    ]),
    ...troubles.map((trouble) => `! ${trouble}`),
    "",
    ...columnsOf([
      ["last blocks", "found", "state", "sats", "finder"],
      ...blocks.slice(0, BLOCKS_SHOWN).map((one) => [
        `${one.height} ${ends(one.hash, 24)}`,
        `${ago(one.foundAtMs, atMs) ?? "-"} ago`,
        word(BlockState, one.state),
        String(one.valueSats),
        one.account === "" ? "-" : `${ends(one.account)}${one.worker ? `.${one.worker}` : ""}`,
      ]),
    ]),
    "",
  ];
  const sessions = columnsOf([
    ["session", "who", "user agent", "difficulty", "hashrate", "accepted", "refused", "last share"],
    ...seen.top.map((one) => [
      one.id,
      one.who,
      ends(one.userAgent, 24),
      short(one.difficulty),
      hashrate(one.hashesPerSecond),
      String(one.accepted),
      String(one.refused),
      one.lastShareAtMs === 0n ? "-" : `${ago(one.lastShareAtMs, atMs)} ago`,
    ]),
  ]);
  return [...head, ...sessions].slice(0, rows).map((line) => cut(line, columns));
}

function share({ accepted, refused }: MinersLine): string {
  const all = Number(accepted + refused);
  return all === 0 ? "" : ` (${(Number(refused) * 100 / all).toFixed(2)} %)`;
}

function columnsOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(1, columns - 1))}…`;
}
