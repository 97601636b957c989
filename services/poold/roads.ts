/**
 * The second road within one process: a call, and no network between.
 *
 * @module
 */
import type { Road } from "@gopool/runtime";

/** A road to one receiver that `give` hands to; what it throws is why it was not taken. */
export function directRoad<T>(to: string, give: (what: T) => unknown): Road<T> {
  return {
    give(what) {
      let trouble: string | null = null;
      try {
        give(what);
      } catch (error) {
        trouble = (error as Error).message;
      }
      return Promise.resolve([{ to, trouble }]);
    },
  };
}
