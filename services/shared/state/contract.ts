/**
 * What every adapter of the state port must do, as tests. Runs by an adapter's own clock: the memory adapter
 * is driven, a server is waited for.
 *
 * @module
 */
import { assertRejects } from "@std/assert";
import { bucketsContract } from "./contract_buckets.ts";
import { type Bench, type Declare, inTime } from "./contract_bench.ts";
import { leasesContract } from "./contract_leases.ts";
import { talliesContract } from "./contract_tallies.ts";
import { valuesContract } from "./contract_values.ts";
import { StateUnavailable } from "./port.ts";

export type { Bench };

/** Declares the tests. `open` is called for each; the store may hold what others have left in it. */
export function stateContract(adapter: string, open: () => Promise<Bench>): void {
  const test: Declare = (promise, body) =>
    Deno.test(`${adapter}: ${promise}`, () => inTime(open, body));

  leasesContract(test);
  valuesContract(test);
  talliesContract(test);
  bucketsContract(test);

  test("after closing every operation says that the store is away", async ({ state, spanMs }) => {
    await state[Symbol.asyncDispose]();
    await assertRejects(() => state.get("any"), StateUnavailable);
    await assertRejects(() => state.acquire("any", "a", spanMs), StateUnavailable);
  });
}
