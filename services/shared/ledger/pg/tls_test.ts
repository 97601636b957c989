import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { startPostgres } from "@gopool/testing/servers";
import { freshDatabase } from "../fixture.ts";
import { openLedger } from "../open.ts";
import { LedgerNotOpened } from "../port.ts";

const clock = systemClock;

Deno.test("TLS asks for a certificate that is signed by whom we know, and says the name we asked for", async () => {
  await using server = await startPostgres({ tls: true });
  const { url } = await freshDatabase({ server: server.url, migrated: true });
  const { ca } = server.pem!;
  const tls = `${url}?sslmode=verify-full`;
  await using ledger = await openLedger(tls, { clock, ca });
  const encrypted = await ledger.transaction((tx) =>
    tx.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
  );
  assertEquals(encrypted, [{ ssl: true, version: "TLSv1.3" }]);
  await using held = await ledger.hold("over TLS");
  assertEquals(held?.lost.aborted, false);

  // Nobody whom this machine trusts has signed it.
  await assertRejects(() => openLedger(tls, { clock }), LedgerNotOpened, "TLS fails");
  await using plain = await openLedger(url, { clock });
  assertEquals(
    await plain.transaction((tx) =>
      tx.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    ),
    [{ ssl: false }],
  );
});
