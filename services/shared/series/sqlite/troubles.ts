/**
 * Says what is in the way of the file, and when it no longer is.
 *
 * @module
 */
import { SeriesUnavailable } from "../port.ts";

export class Troubles {
  readonly #tell: (sentence: string | null) => void;
  #isTold = false;

  constructor(tell: (sentence: string | null) => void = () => {}) {
    this.#tell = tell;
  }

  /** To be called with each fault of the file; mistakes of who asks are none. */
  met(error: Error): void {
    if (!(error instanceof SeriesUnavailable)) return;
    this.#isTold = true;
    this.#tell(error.message);
  }

  /** To be called when the file has answered. */
  over(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#tell(null);
  }
}
