/**
 * payoutd as a process, under its own permissions, standing by while another keeps the books: it answers for them.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { controlClient } from "@gopool/control";
import { freshLedger } from "@gopool/ledger/fixture";
import { CONTROL_TOKEN, RunningTask } from "@gopool/poold/child_fixture";
import { ControlService, LedgerService, PayoutService } from "@gopool/proto/control";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { startNodeProcess } from "./node_process.ts";

const POOL_ADDRESS = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4";

Deno.test("a payoutd that stands by answers for the books, and what is changed through it is audited", async () => {
  await using folder = await tempDir();
  await using ledger = await freshLedger();
  // Another process keeps the books, as far as this one can see.
  await using _keeper = await ledger.hold("payoutd keeper");
  await using node = await startNodeProcess(0x207fffff);
  const port = freePort();
  await using task = new RunningTask("payoutd", {
    GOPOOL_BUS_URL: `sqlite:${folder.join("bus.db")}`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_LEDGER_URL: ledger.url,
    GOPOOL_LOG_FORMAT: "text",
    GOPOOL_NODE_URL: node.url,
    GOPOOL_POOL_ADDRESS: POOL_ADDRESS,
  });
  using client = controlClient(`http://127.0.0.1:${port}`, CONTROL_TOKEN);
  const { scheme } = await waitFor(
    () => client(LedgerService).getReserve({}).catch(() => undefined),
    "payoutd's answer",
    { deadlineMs: 60_000 },
  ).catch((error) => {
    throw new Error(`${error.message}\n${task.written}`);
  });
  assertEquals(scheme, "pplns");
  await waitFor(async () => {
    const { parts } = await client(ControlService).status({});
    return parts.some(({ detail }) => detail.startsWith("standing by: another payoutd"));
  }, "payoutd to stand by");
  await client(LedgerService).adjust({
    account: "fee",
    sats: -5n,
    reason: "a try",
    requestId: "a-try-of-it",
  });
  await client(PayoutService).pausePayouts({ reason: "a doubt" });
  const { rows } = await client(LedgerService).listAudit({});
  assertEquals(rows.map(({ who, method }) => [who, method]), [
    ["tests", "PayoutService/PausePayouts"],
    ["tests", "LedgerService/Adjust"],
  ]);
  let right = false;
  for await (const { step } of client(LedgerService).verify({})) {
    if (step.case === "result") right = step.value.problems.length === 0;
  }
  assertEquals(right, true);
  assertStringIncludes((await client(PayoutService).previewPayouts({})).rested, "paused");
});
