/**
 * The pool's blocks, the newest first.
 *
 * @module
 */
import type {
  BlockSummaryJson,
  GetPoolResponseJson,
  ListBlocksResponseJson,
} from "@gopool/proto/api";
import { usePages } from "../pages_of.ts";
import { BlocksTable } from "../parts/blocks.tsx";
import { Part } from "../parts/layout.tsx";
import { More } from "../parts/more.tsx";

export function Blocks({ pool, newest }: {
  pool: GetPoolResponseJson | null;
  newest: string | undefined;
}) {
  const pages = usePages<ListBlocksResponseJson, BlockSummaryJson>(
    "/api/v1/blocks?page_size=25",
    20_000,
    ({ blocks }) => blocks,
    ({ hash }) => hash ?? "",
    newest,
  );
  return (
    <>
      <div class="title">
        <h1>Blocks</h1>
        <p class="note">
          Effort is the work that a block took against what one needs on average: below 100 % is
          good luck. Each block's page has its split, to the satoshi.
        </p>
      </div>
      <Part of={pages.first} lines={10}>
        {() => (
          <BlocksTable
            blocks={pages.rows}
            maturity={pool?.maturity}
            more={<More pages={pages} what="blocks" />}
          />
        )}
      </Part>
    </>
  );
}
