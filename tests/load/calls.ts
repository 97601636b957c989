/**
 * Unary calls on a server's control plane beside the shares.
 *
 * @module
 */
import { Child } from "./processes.ts";

/** Where a server's control plane is, for one who may read. */
export interface Control {
  readonly port: number;
  readonly token: string;
}

export interface Calls {
  readonly answered: number;
  readonly failed: number;
  /** ms. */
  readonly p99: number;
}

/** Does `work` while calls come at a fixed rate from a process of their own, beside the generator. */
export async function underCalls<T>(
  { port, token }: Control,
  { perSecond, core }: { readonly perSecond: number; readonly core: number | null },
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly calls: Calls }> {
  const program = new URL("caller.ts", import.meta.url).pathname;
  const own = ["run", "--quiet", "--permission-set=tests"];
  const args = [...own, program, String(port), token, String(perSecond)];
  await using child = new Child({ args, core });
  await child.told("calls");
  const result = await work();
  await child.say("enough");
  const calls = {
    answered: await child.told("answered"),
    failed: await child.told("failed"),
    p99: await child.told("p99"),
  };
  return { result, calls };
}
