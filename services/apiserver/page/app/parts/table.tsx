/**
 * Tables, all of one kind.
 *
 * @module
 */
import type { ComponentChildren } from "preact";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Figures stand at the right. */
  readonly right?: boolean;
  /** Left out on a phone: it can be had elsewhere. */
  readonly wide?: boolean;
  /** Sentences: may take several lines. */
  readonly words?: boolean;
}

export function Table<Row>({ caption, columns, rows, rowKey, empty, more }: {
  /** Read out, not shown. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** In place of a table without rows. */
  empty: ComponentChildren;
  /** Below, as a button that loads more. */
  more?: ComponentChildren;
}) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const classOf = ({ right, wide, words }: Column<Row>) =>
    [right && "right", wide && "wide", words && "words"].filter(Boolean).join(" ") || undefined;
  return (
    <>
      {/* It may be wider than a phone: then it is pushed sideways, also by the keyboard. */}
      <div class="scroll" role="group" aria-label={caption} tabIndex={0}>
        <table>
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.head} scope="col" class={classOf(column)}>{column.head}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map((column) => (
                  <td key={column.head} class={classOf(column)}>{column.cell(row)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </>
  );
}
