/**
 * The plainest series there is: every point in a list, every question a walk through it. What adapters are held against.
 *
 * @module
 */
import type { BestBy, Fold, MinutePoint, Range, Status, Subject, Sum } from "./port.ts";

export class Reference {
  readonly #points = new Map<string, MinutePoint>();

  write(fold: Fold): void {
    for (const point of fold.minutes) {
      const { account, worker, status, partition, minuteMs } = point;
      this.#points.set(JSON.stringify([account, worker, status, partition, minuteMs]), point);
    }
  }

  /** Over exactly this range. */
  sum(subject: Subject, range: Range): Sum {
    const all = this.#of(subject, range);
    const valid = all.filter(({ status }) => status === "valid");
    const total = (of: (point: MinutePoint) => number, among = valid) =>
      among.reduce((sum, point) => sum + of(point), 0);
    const shares = (status: Status) =>
      total((point) => point.shares, all.filter((point) => point.status === status));
    const reasons: Record<string, number> = {};
    for (const [reason, count] of all.flatMap((point) => Object.entries(point.reasons))) {
      reasons[reason] = (reasons[reason] ?? 0) + count;
    }
    return {
      range,
      valid: {
        shares: shares("valid"),
        work: total((point) => point.work),
        workSquared: total((point) => point.workSquared),
        expected: total((point) => point.expected),
      },
      rejected: shares("rejected"),
      stale: shares("stale"),
      reasons,
      best: best(valid)?.best ?? { difficulty: 0, atMs: 0 },
      lastMs: Math.max(0, ...all.map((point) => point.lastMs)),
    };
  }

  best(subject: Subject, range: Range): BestBy | null {
    const found = best(this.#of(subject, range).filter(({ status }) => status === "valid"));
    return found === null ? null : { ...found.best, account: found.account, worker: found.worker };
  }

  /** Workers by account, with a share of the statuses in the range. */
  workers(range: Range, statuses: readonly Status[]): Map<string, Set<string>> {
    const seen = new Map<string, Set<string>>();
    for (const { account, worker, status } of this.#of({ kind: "pool" }, range)) {
      if (!statuses.includes(status)) continue;
      seen.set(account, (seen.get(account) ?? new Set()).add(worker));
    }
    return seen;
  }

  #of(subject: Subject, { fromMs, untilMs }: Range): MinutePoint[] {
    return [...this.#points.values()].filter((point) =>
      point.minuteMs >= fromMs && point.minuteMs < untilMs &&
      (subject.kind === "pool" || subject.account === point.account) &&
      (subject.kind !== "worker" || subject.worker === point.worker)
    );
  }
}

function best(points: readonly MinutePoint[]): MinutePoint | null {
  return points.filter((point) => point.best.difficulty > 0).toSorted((a, b) =>
    b.best.difficulty - a.best.difficulty || a.best.atMs - b.best.atMs
  )[0] ?? null;
}
