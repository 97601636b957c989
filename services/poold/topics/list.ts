/**
 * The topics at a glance.
 *
 * @module
 */
import { type Bus, lag, TOPICS } from "@gopool/bus";

type Print = (line: string) => void;

/** One line a topic: partitions, records that can still be read, and the lag of each group. */
export async function listTopics(bus: Bus, print: Print, json = false): Promise<void> {
  const rows: string[][] = [["topic", "partitions", "records", "next offsets", "behind"]];
  for (const topic of TOPICS) {
    const ends = await bus.ends(topic);
    const records = ends.reduce((sum, { earliest, next }) => sum + next - earliest, 0);
    const behind: Record<string, number> = {};
    for (const group of await bus.groups(topic)) {
      const lags = await lag(bus, topic, group);
      behind[group] = lags.reduce((sum, one) => sum + one.lag, 0);
    }
    if (json) {
      print(JSON.stringify({ topic: topic.name, partitions: ends.length, records, ends, behind }));
    }
    rows.push([
      topic.name,
      String(ends.length),
      String(records),
      ends.map(({ next }) => next).join(" "),
      Object.entries(behind).map(([group, n]) => `${group} ${n}`).join(", ") || "-",
    ]);
  }
  if (json) return;
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows) {
    print(row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
  }
}
