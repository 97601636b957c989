/** LedgerService's looks at blocks, and what a split would be. @module */
import type { ServiceImpl } from "@gopool/control";
import { blockOf, coinbaseOf, latestBlocks } from "@gopool/ledger/blocks";
import { basisOf, creditPage, eventsOf } from "@gopool/ledger/views";
import type { LedgerService } from "@gopool/proto/control";
import { previewSettlement } from "./blocks/mod.ts";
import { BadRequest, canonicalMiner, UnknownToBooks } from "./desk/mod.ts";
import { told } from "./rpc_errors.ts";
import type { LedgerRpcDeps } from "./rpc_ledger_reads.ts";
import type { Looks } from "./rpc_looks.ts";
import { pageOf, placeOf, sizeOf } from "./rpc_paging.ts";
import {
  addressOf,
  BLOCK_STATES,
  blockMessage,
  creditMessage,
  hashOf,
  jsonOf,
  nameOf,
  shownHash,
} from "./rpc_shapes.ts";

type Blocks = Pick<
  ServiceImpl<typeof LedgerService>,
  "listLedgerBlocks" | "getLedgerBlock" | "listBlockCredits" | "previewSettlement"
>;

export function ledgerBlocks({ ledger, network }: LedgerRpcDeps, looks: Looks): Blocks {
  return {
    listLedgerBlocks: told(async ({ pageSize, pageToken, state }) => {
      const size = sizeOf(pageSize);
      const place = placeOf(pageToken, "int", "bigint", "hash");
      const after = place === null ? null : {
        height: Number(place[0]),
        foundAtMs: Number(place[1]),
        hash: hashOf(place[2]!),
      };
      const wanted = nameOf(BLOCK_STATES, state);
      const found = await ledger.transaction(
        (tx) =>
          latestBlocks(tx, size + 1, { after, ...wanted === undefined ? {} : { state: wanted } }),
        { snapshot: true },
      );
      const { rows, nextPageToken } = pageOf(
        found,
        size,
        ({ height, foundAtMs, hash }) => [height, foundAtMs, shownHash(hash)],
      );
      return { blocks: rows.map(blockMessage), nextPageToken };
    }),

    getLedgerBlock: told(({ hash: shown }) =>
      ledger.transaction(async (tx) => {
        const hash = hashOf(shown);
        const block = await blockOf(tx, hash);
        if (block === null) throw noSuch(shown);
        const basis = await basisOf(tx, hash);
        const events = await eventsOf(tx, hash);
        const coinbase = await coinbaseOf(tx, block);
        return {
          block: blockMessage(block),
          origin: block.origin,
          jobId: block.jobId,
          gateway: block.gateway,
          remarks: [...block.remarks],
          basisJson: basis === null ? "" : jsonOf(basis),
          events: events.map(({ what, epoch, atMs }) => ({ what, epoch, atMs: BigInt(atMs) })),
          outputs: (coinbase?.outputs ?? []).map(({ sats, script, isPool }) => ({
            sats,
            script: script.toHex(),
            address: addressOf(script, network),
            pool: isPool,
          })),
        };
      }, { snapshot: true })
    ),

    listBlockCredits: told(async ({ hash: shown, pageSize, pageToken }) => {
      const size = sizeOf(pageSize);
      const place = placeOf(pageToken, "bigint", "int");
      const after = place === null
        ? null
        : { sats: BigInt(place[0]!), accountId: Number(place[1]) };
      const hash = hashOf(shown);
      const found = await ledger.transaction(async (tx) => {
        if (await blockOf(tx, hash) === null) throw noSuch(shown);
        return await creditPage(tx, hash, { after, limit: size + 1 });
      }, { snapshot: true });
      const { rows, nextPageToken } = pageOf(
        found,
        size,
        ({ sats, accountId }) => [sats, accountId],
      );
      return { credits: rows.map(creditMessage), nextPageToken };
    }),

    previewSettlement: told(async ({ hash, valueSats: value, finder, largest }) => {
      if (hash === "" && value === 0n) {
        throw new BadRequest(
          "value_sats",
          "Name what the coinbase of a block found now would pay, or the hash of a block",
        );
      }
      const preview = await looks(() =>
        previewSettlement(
          { ledger, network },
          hash === ""
            ? { value, finder: finder === "" ? "" : canonicalMiner(finder, network, "finder") }
            : { hash: hashOf(hash) },
        )
      );
      if (preview === null) throw noSuch(hash);
      if ("waits" in preview) return { waitsFor: preview.waits };
      const { scheme, credits, fee, donation, basis, remarks } = preview;
      return {
        scheme,
        valueSats: preview.value,
        feeSats: fee,
        donationSats: donation,
        accounts: credits.length,
        credits: credits.slice(0, sizeOf(largest))
          .map(({ name, ...credit }) => creditMessage({ ...credit, account: name })),
        basisJson: jsonOf(basis),
        remarks: [...remarks],
      };
    }),
  };
}

function noSuch(hash: string): UnknownToBooks {
  return new UnknownToBooks(`The books have no block ${hash}`);
}
