/** LedgerService.Verify: minutes of work for a server of many years' books, told as it goes on. @module */
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@gopool/control";
import type { LedgerService } from "@gopool/proto/control";
import { problemLine, type Verified, verify } from "./books/mod.ts";
import { toldOf } from "./rpc_errors.ts";
import type { LedgerRpcDeps } from "./rpc_ledger_reads.ts";

/** One at a time: each reads all of the books. */
export function verifying(
  { ledger, network, maturity }: LedgerRpcDeps,
): ServiceImpl<typeof LedgerService>["verify"] {
  let isRunning = false;
  return async function* (_, context: HandlerContext) {
    if (isRunning) {
      throw new ConnectError(
        "The books are being checked already: wait for that to end",
        Code.ResourceExhausted,
      );
    }
    isRunning = true;
    // Ends the work too where the caller stops listening before its call is over.
    const left = new AbortController();
    const signal = AbortSignal.any([context.signal, left.signal]);
    const steps: { done: number; checks: number }[] = [];
    let wake = Promise.withResolvers<void>();
    const work = verify(ledger, { network, maturity }, {
      signal,
      onCheck(done, checks) {
        // Who reads slowly is told the latest alone.
        steps[0] = { done, checks };
        wake.resolve();
      },
    });
    const end = work.then(() => {}, () => {});
    // Not before the work has ended: what is asked meanwhile is refused.
    end.then(() => isRunning = false);
    try {
      let isOver = false;
      end.then(() => {
        isOver = true;
        wake.resolve();
      });
      while (!isOver) {
        await wake.promise;
        wake = Promise.withResolvers();
        for (const { done, checks } of steps.splice(0)) {
          yield { step: { case: "progress", value: { checksDone: done, checks } } };
        }
      }
      yield { step: { case: "result", value: resultOf(await work) } };
    } catch (error) {
      throw toldOf(error);
    } finally {
      left.abort();
    }
  };
}

function resultOf({ checks, entries, problems, more, notes }: Verified) {
  return {
    checks,
    entries,
    problems: problems.map((problem) => ({
      invariant: problem.invariant,
      line: problemLine(problem),
    })),
    more,
    notes: [...notes],
  };
}
