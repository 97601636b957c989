/** I2: coinbases as the chain has them. @module */
import { displayHash, type Hash, subsidyAt } from "@gopool/chain";
import { type Check, check, type Problem, PROBLEMS_MAX } from "./check.ts";

export const CHAIN_CHECKS: readonly Check[] = [
  check<{ value: bigint; outputs: bigint }>(
    "I2",
    "A block's value is the sum of its coinbase's outputs",
    `SELECT hash AS block_hash, value, coalesce(o.sats, 0) AS outputs FROM block
     LEFT JOIN (SELECT block_hash, sum(sats) AS sats FROM block_output GROUP BY block_hash) o ON o.block_hash = hash
     WHERE value <> coalesce(o.sats, 0) ORDER BY height`,
    ({ value, outputs }) => `it is worth ${value} sats, its coinbase's outputs are ${outputs}`,
  ),
  {
    invariant: "I2",
    promise: "A coinbase burns nothing of what a block creates",
    async find(tx, { network }) {
      const problems: Problem[] = [];
      for (let after = new Uint8Array();;) {
        const rows = await tx.query<{ hash: Uint8Array; height: number; value: bigint }>(
          `SELECT hash, height, value FROM block WHERE value IS NOT NULL AND origin <> 'operator' AND hash > $1
           ORDER BY hash LIMIT 1000`,
          [after],
        );
        for (const { hash, height, value } of rows) {
          const subsidy = subsidyAt(network, height);
          if (value >= subsidy) continue;
          const says =
            `its coinbase pays ${value} sats, a block at height ${height} creates ${subsidy}`;
          problems.push({ invariant: "I2", subject: { block: displayHash(hash as Hash) }, says });
        }
        if (rows.length === 0 || problems.length >= PROBLEMS_MAX) return problems;
        after = rows.at(-1)!.hash as Uint8Array<ArrayBuffer>;
      }
    },
  },
];
