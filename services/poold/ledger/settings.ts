/**
 * The settings of `deno task ledger`: by them the books are found, the log that they were made from, and the nodes. The
 * same as the pool's, so that the tool run in its folder works on its books.
 *
 * @module
 */
import {
  busProblems,
  busRows,
  busUrl,
  type Config,
  ledgerProblems,
  type LedgerSettings,
  nodeCookie,
  nodeGoneAfter,
  nodeUrl,
  optional,
  poolAddress,
  type Settings,
} from "@gopool/config";
import { addressProblems } from "@gopool/config/payee";
import { nodeProblems } from "@gopool/node";
import { logEpoch } from "@gopool/shareproc/config";
import { ledgerSchema } from "../ledger_place.ts";
import { payoutdRows } from "../payouts.ts";
import { schema as pooldSchema } from "../config.ts";

export const toolSchema = {
  ...payoutdRows,
  ...ledgerSchema,
  ...busRows,
  busUrl: optional(busUrl),
  logEpoch,
  nodeUrl: optional(nodeUrl),
  nodeCookie,
  nodeGoneAfter,
  poolAddress: optional(poolAddress),
  simulatedPort: pooldSchema.simulatedPort,
};

export type ToolConfig = Config<typeof toolSchema>;

export const toolSettings: Settings<typeof toolSchema> = {
  schema: toolSchema,
  problems: (found, isBad) => [
    ...busProblems(found as Parameters<typeof busProblems>[0], isBad),
    ...ledgerProblems(found as Partial<LedgerSettings>, isBad),
    ...nodeProblems(found),
    ...addressProblems(found.poolAddress),
  ],
};
