/** How often a partition that is appended to looks whether it may forget its oldest records. */
export const RETENTION_EVERY_MS = 60_000;

/**
 * The lowest offset that must stay. Records older than the topic's retention may go, but never what a registered
 * group has not read (guarantee 2: readers never jump), and never a partition's last record: it carries the
 * partition's next offset and its time, and readers ask for it by `last`.
 *
 * @param youngFrom The first offset that is not past its retention.
 * @param end The partition's next offset.
 * @param positions Of the groups that have one; null: registered, but with no position here.
 */
export function keepFrom(
  youngFrom: number,
  end: number,
  positions: readonly (number | null)[],
): number {
  return Math.min(youngFrom, end - 1, ...positions.map((position) => position ?? 0));
}
