/**
 * What the pool paid, the newest first.
 *
 * @module
 */
import type { ListPayoutsResponseJson, PayoutJson } from "@gopool/proto/api";
import { count, whole } from "../format.ts";
import { usePages } from "../pages_of.ts";
import { Ago, Hash, Sats } from "../parts/figures.tsx";
import { Part } from "../parts/layout.tsx";
import { More } from "../parts/more.tsx";
import { PayoutState } from "../parts/payouts.tsx";
import { Table } from "../parts/table.tsx";

export function Payouts() {
  const pages = usePages<ListPayoutsResponseJson, PayoutJson>(
    "/api/v1/payouts?page_size=25",
    30_000,
    ({ payouts }) => payouts,
    ({ id }) => id ?? "",
  );
  return (
    <>
      <div class="title">
        <h1>Payouts</h1>
        <p class="note">
          One payout pays many accounts in one transaction. Yours are on your address's page.
        </p>
      </div>
      <Part of={pages.first} lines={10}>
        {() => (
          <Table<PayoutJson>
            caption="Payouts of the pool"
            columns={[
              { head: "Number", wide: true, cell: ({ id }) => count(whole(id)) },
              { head: "When", cell: ({ at }) => <Ago at={at} none="–" /> },
              { head: "Paid", right: true, cell: ({ sats }) => <Sats value={sats} /> },
              {
                head: "Accounts",
                right: true,
                wide: true,
                cell: ({ accounts }) => count(accounts ?? 0),
              },
              {
                head: "Network fee",
                right: true,
                wide: true,
                cell: ({ feeSats }) => <span class="muted">{count(whole(feeSats))} sats</span>,
              },
              { head: "State", cell: ({ state }) => <PayoutState state={state} /> },
              { head: "Transaction", cell: ({ txid }) => <Hash value={txid} front={6} back={6} /> },
            ]}
            rows={pages.rows}
            rowKey={({ id }) => id ?? ""}
            empty="Nothing was paid out yet."
            more={<More pages={pages} what="payouts" />}
          />
        )}
      </Part>
    </>
  );
}
