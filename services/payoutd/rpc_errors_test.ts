import { Code } from "@gopool/control";
import { ledgerStand, refusedWith } from "./rpc_fixture.ts";

Deno.test("a text that PostgreSQL cannot have is the caller's mistake, in every method and field", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("olga");
  const text = "a\0b";
  const calls: Record<string, () => Promise<unknown>> = {
    prefix: () => ledger.listAccounts({ prefix: text }),
    name: () => ledger.getAccount({ name: text }),
    kind: () => ledger.listEntries({ kind: text }),
    who: () => ledger.listAudit({ who: text }),
    page_token: () => ledger.listAudit({ pageToken: text }),
    reason: () => ledger.moveReserve({ sats: 1n, reason: text, requestId: "12345678" }),
  };
  for (const [field, call] of Object.entries(calls)) {
    await refusedWith(Code.InvalidArgument, `${field}: it has a NUL`, call);
  }
});
