/** A history made of places where records are: archives, and buses. @module */
import type { Batch, Bus, Topic } from "@gopool/bus";
import { type Held, type History, type HistoryLog, HistoryMissing } from "./history.ts";

/** One place with records of one log. */
export interface Source {
  /** For people. */
  readonly name: string;
  isOf(log: HistoryLog): boolean;
  held(topic: Topic): Promise<readonly Held[]>;
  /** From an offset that it holds to its end. */
  read(topic: Topic, partition: number, from: number): AsyncIterable<Batch>;
}

/** The records of a bus as it stands. */
export async function busSource(bus: Bus): Promise<Source> {
  const busId = await bus.logId();
  return {
    name: bus.name,
    isOf: (log) => log.busId === busId,
    held: async (topic) =>
      (await bus.ends(topic)).map(({ partition, earliest: from, next }) => ({
        partition,
        from,
        next,
      })),
    read: (topic, partition, from) => bus.read(topic, partition, from),
  };
}

/** @param sources Tried in this order: archives before buses. */
export function historyOf(sources: readonly Source[]): History {
  const heldBy = async (source: Source, topic: Topic, partition: number, offset: number) =>
    (await source.held(topic)).find((one) =>
      one.partition === partition && one.from <= offset && offset < one.next
    );
  return {
    sources: sources.map(({ name }) => name),
    async *read(log, topic, partition, from, until) {
      for (let at = from; at < until;) {
        const found = await firstOf(
          sources.filter((source) => source.isOf(log)),
          (source) => heldBy(source, topic, partition, at),
        );
        if (found === null) throw new HistoryMissing(log, topic, partition, at);
        const end = Math.min(until, found.answer.next);
        for await (const batch of cut(found.source.read(topic, partition, at), end)) yield batch;
        at = end;
      }
    },
    async held(log, topic) {
      const all = await Promise.all(
        sources.filter((source) => source.isOf(log)).map((source) => source.held(topic)),
      );
      return joined(all.flat());
    },
  };
}

/** Records below an offset. */
async function* cut(batches: AsyncIterable<Batch>, until: number): AsyncGenerator<Batch> {
  for await (const { partition, messages } of batches) {
    const wanted = messages.filter(({ offset }) => offset < until);
    if (wanted.length > 0) yield { partition, messages: wanted };
    if (wanted.length < messages.length) return;
  }
}

async function firstOf<A>(
  sources: readonly Source[],
  ask: (source: Source) => Promise<A | undefined>,
): Promise<{ source: Source; answer: A } | null> {
  for (const source of sources) {
    const answer = await ask(source);
    if (answer !== undefined) return { source, answer };
  }
  return null;
}

/** Ranges that touch or overlap as one, by partition; empty ones left out. */
function joined(ranges: readonly Held[]): Held[] {
  const result: Held[] = [];
  const sorted = ranges.filter(({ from, next }) => from < next)
    .toSorted((a, b) => a.partition - b.partition || a.from - b.from);
  for (const range of sorted) {
    const last = result.at(-1);
    if (last?.partition === range.partition && range.from <= last.next) {
      result[result.length - 1] = { ...last, next: Math.max(last.next, range.next) };
    } else result.push(range);
  }
  return result;
}
