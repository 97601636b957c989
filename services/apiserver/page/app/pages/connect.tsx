/**
 * How to point a miner here.
 *
 * @module
 */
import type {
  GetConnectionResponseJson,
  GetPoolResponseJson,
  PasswordOptionJson,
} from "@gopool/proto/api";
import { basisPoints } from "../format.ts";
import { useLoaded } from "../load.ts";
import { Copy, Sats } from "../parts/figures.tsx";
import { Search } from "../parts/frame.tsx";
import { Part, Section } from "../parts/layout.tsx";
import { QrCode } from "../parts/qr.tsx";
import { Table } from "../parts/table.tsx";

export function Connect({ pool }: { pool: GetPoolResponseJson | null }) {
  const connection = useLoaded<GetConnectionResponseJson>("/api/v1/connection", 300_000);
  return (
    <>
      <div class="title">
        <h1>Connect a miner</h1>
        <p class="note">No account, no password: you mine with your address, and are paid to it.</p>
      </div>
      <Part of={connection} lines={8}>
        {({ stratumUrls = [], username, passwordOptions = [] }) => (
          <>
            <Section id="url" title="1. Address of the pool" note="Any of these. ssl is encrypted.">
              {stratumUrls.length === 0
                ? <p class="empty">The operator has not said where miners connect.</p>
                : (
                  <ul class="urls">
                    {stratumUrls.map((url) => (
                      <li key={url}>
                        <QrCode text={url} label={`QR code of ${url}`} />
                        <span class="copied">
                          <span class="code breaks">{url}</span>
                          <Copy text={url} what="address" />
                        </span>
                      </li>
                    ))}
                  </ul>
                )}
            </Section>
            <Section id="username" title="2. Username">
              <p class="prose">{username}</p>
            </Section>
            <Section
              id="password"
              title="3. Password"
              note="What stands in it is a wish of the miner; several go with commas between."
            >
              <Table<PasswordOptionJson>
                caption="What may stand in the password"
                columns={[
                  { head: "Password", cell: ({ example }) => <span class="code">{example}</span> },
                  { head: "What it does", words: true, cell: ({ explained }) => explained },
                ]}
                rows={passwordOptions}
                rowKey={({ example }) => example ?? ""}
                empty="Anything: it is not looked at."
              />
            </Section>
            <Section id="look" title="4. Look at it" note="A minute after the first share.">
              <p class="prose">
                Your page is at your address; it begins with your first share.
              </p>
              <Search id="look-up" />
            </Section>
            {pool !== null && (
              <Section id="paid" title="How you are paid">
                <p class="prose">
                  Shares are paid by {pool.scheme || "the pool's rule"}, and the pool keeps{" "}
                  {basisPoints(pool.feeBasisPoints ?? 0)}. A balance goes out from{" "}
                  <Sats value={pool.payoutThresholdSats} /> on, once its coins can be spent
                  {pool.maturity
                    ? `, ${pool.maturity} blocks after the block that brought them`
                    : ""}. Every <a href="/blocks">block</a> shows who got what of it, and why.
                </p>
              </Section>
            )}
          </>
        )}
      </Part>
    </>
  );
}
