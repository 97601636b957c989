/**
 * Answers of one session, in the order of its questions. A share's answer waits for the bus; whatever is
 * answered at once waits behind it, so that nothing is ever reordered.
 *
 * @module
 */

/** An answer that is not known yet. `rawId` is the question's id as JSON text, echoed verbatim. */
export interface Answer {
  readonly rawId: string;
  /** The whole line once it is known; "" for a question that wants no answer. */
  line: string | null;
}

export class AnswerQueue {
  /** Made when something first waits: an idle session holds none. */
  #waiting: Answer[] | null = null;
  #head = 0;

  /** Answers not yet given out. */
  get length(): number {
    return this.#waiting === null ? 0 : this.#waiting.length - this.#head;
  }

  /** Takes the next place in the row. */
  open(rawId: string): Answer {
    const answer = { rawId, line: null };
    (this.#waiting ??= []).push(answer);
    return answer;
  }

  /** Puts a line in the row; false when nothing waits and the caller may send it right away. */
  enqueue(line: string): boolean {
    if (this.#waiting === null) return false;
    this.#waiting.push({ rawId: "", line });
    return true;
  }

  /** Takes out all lines that may go now, as one text. */
  take(): string {
    const waiting = this.#waiting;
    if (waiting === null) return "";
    let out = "";
    let head = this.#head;
    while (head < waiting.length) {
      const line = waiting[head]!.line;
      if (line === null) break;
      out += line;
      head++;
    }
    if (head === waiting.length) {
      this.#waiting = null;
      this.#head = 0;
    } else if (head > 64 && head * 2 > waiting.length) {
      waiting.splice(0, head);
      this.#head = 0;
    } else {
      this.#head = head;
    }
    return out;
  }
}
