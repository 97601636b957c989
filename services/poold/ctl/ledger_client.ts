/** Who answers for the books. @module */
import { LedgerService } from "@gopool/proto/control";
import type { Ctl } from "./context.ts";

/** Any payoutd: all answer for the same books. */
export async function ledgerClient({ pool }: Ctl) {
  const [{ client }] = await pool.of("payoutd");
  return client(LedgerService);
}
