/** Commands about the logs that the books are made from. @module */
import { shareLogs } from "@gopool/ledger/shares";
import type { Command } from "commander";
import { json, limit } from "./arguments.ts";
import type { Books } from "./open.ts";
import { show, time } from "./show.ts";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

export function logCommands(program: Command, run: Run): void {
  program.command("logs")
    .description(
      "the logs that shares were read from, and where the reading of each partition stands",
    )
    .addOption(json())
    .action(({ json = false }) =>
      run(async ({ ledger, print }) => {
        const rows = await ledger.transaction(async (tx) => {
          const logs = new Map((await shareLogs(tx)).map((log) => [log.number, log]));
          const positions = await tx.query<
            {
              log: number;
              partition: number;
              source_offset: bigint;
              next_offset: bigint;
              logged_at_ms: bigint;
              shares: bigint;
            }
          >(
            `SELECT log, partition, source_offset, next_offset, logged_at_ms, shares FROM share_position
             ORDER BY log, partition`,
          );
          return positions.map(({ log, logged_at_ms, ...position }) => ({
            log: logs.get(log)!.id,
            open: logs.get(log)!.closedAtMs === null
              ? "yes"
              : `until ${time(logs.get(log)!.closedAtMs)}`,
            ...position,
            "last share": logged_at_ms === 0n ? null : time(logged_at_ms),
          }));
        }, { snapshot: true });
        show(rows, json, print);
      })
    );

  program.command("deadletters")
    .description("messages of the log that could not be used, and why; the newest first")
    .addOption(limit(20)).addOption(json())
    .action(({ limit, json = false }) =>
      run(async ({ ledger, print }) => {
        const rows = await ledger.transaction((tx) =>
          tx.query<
            {
              topic: string;
              partition: number;
              record_offset: bigint;
              logged_at_ms: bigint;
              reason: string;
              bytes: number;
            }
          >(
            `SELECT topic, partition, record_offset, logged_at_ms, reason, octet_length(value) AS bytes
             FROM dead_letter ORDER BY id DESC LIMIT $1`,
            [limit],
          ), { snapshot: true });
        show(
          rows.map(({ record_offset, logged_at_ms, ...rest }) => ({
            ...rest,
            offset: record_offset,
            logged: time(logged_at_ms),
          })),
          json,
          print,
        );
      })
    );
}
