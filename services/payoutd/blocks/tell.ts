/** Several troubles of one kind on one line of the board. @module */
import type { StatusBoard } from "@gopool/runtime";

/** Shows the first sentence and how many more there are; clears the part where there is none. */
export function tellTroubles(board: StatusBoard, part: string, sentences: readonly string[]): void {
  const [first, ...more] = sentences;
  if (first === undefined) {
    board.clear(part);
    return;
  }
  board.set(part, "degraded", more.length === 0 ? first : `${first} (and ${more.length} more)`);
}
