/**
 * Rows of several statements, each in the order of its key, as one stream in that order: sums of any number of keys,
 * with one row of each statement in memory.
 *
 * @module
 */

export type Columns = readonly unknown[];

/**
 * @param streams Few: each row that is looked for is looked for in all of them.
 * @param keys The first so many columns are the key: whole numbers.
 * @returns All rows of a key, those of the first stream first; then those of the next key.
 */
export function* byKey(streams: readonly Iterable<Columns>[], keys: number): Generator<Columns[]> {
  const all = streams.map((stream) => stream[Symbol.iterator]());
  try {
    let heads = all.flatMap((stream) => headOf(stream));
    while (heads.length > 0) {
      const least = heads.reduce((a, b) => compare(b.row, a.row, keys) < 0 ? b : a).row;
      const rows: Columns[] = [];
      let isOver = false;
      for (const head of heads) {
        while (!head.isOver && compare(head.row, least, keys) === 0) {
          rows.push(head.row);
          const { value, done } = head.stream.next();
          if (done) head.isOver = isOver = true;
          else head.row = value;
        }
      }
      if (isOver) heads = heads.filter((head) => !head.isOver);
      yield rows;
    }
  } finally {
    // A statement that was not read to its end holds its transaction.
    for (const stream of all) stream.return?.();
  }
}

interface Head {
  readonly stream: Iterator<Columns>;
  row: Columns;
  isOver: boolean;
}

function headOf(stream: Iterator<Columns>): Head[] {
  const { value, done } = stream.next();
  return done ? [] : [{ stream, row: value, isOver: false }];
}

function compare(a: Columns, b: Columns, keys: number): number {
  for (let i = 0; i < keys; i += 1) {
    const order = (a[i] as number) - (b[i] as number);
    if (order !== 0) return order;
  }
  return 0;
}
