/** A terminal that keeps what is drawn, and leaves after so many drawings. Imported by tests only. @module */
import type { Screen } from "./io.ts";

export interface FakeScreen extends Screen {
  readonly drawn: readonly (readonly string[])[];
  readonly closed: boolean;
}

export function fakeScreen(times: number): FakeScreen {
  const end = new AbortController();
  const drawn: (readonly string[])[] = [];
  let closed = false;
  return {
    drawn,
    get closed() {
      return closed;
    },
    draw(lines) {
      drawn.push(lines);
      if (drawn.length === times) end.abort();
    },
    columns: 120,
    rows: 40,
    ended: end.signal,
    close: () => void (closed = true),
  };
}
