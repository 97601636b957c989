/** Efforts of blocks, which statistics know, for answers about blocks, which the books know. @module */
import { MINUTE_MS, type SeriesReader } from "@gopool/series";
import type { EffortOf } from "../books/mod.ts";

/** Blocks that statistics may have beyond those asked for: found in the same minute, or not yet in the books. */
const MORE = 20;

/** @throws {SeriesUnavailable} When asked. */
export function effortsOf(series: SeriesReader): EffortOf {
  return async (blocks) => {
    const efforts = new Map<string, number>();
    if (blocks.length === 0) return efforts;
    const newestMs = blocks.reduce((newest, { foundAtMs }) => Math.max(newest, foundAtMs), 0);
    const known = await series.blocks({
      untilMs: newestMs + MINUTE_MS,
      limit: blocks.length + MORE,
    });
    const asked = new Set(blocks.map(({ hash }) => hash));
    for (const { hash, effort } of known) {
      if (effort !== null && asked.has(hash)) efforts.set(hash, effort);
    }
    return efforts;
  };
}
