/**
 * The whole pool's control address: a gateway is drained while miners are at work, and works again.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Code, ConnectError, controlClient } from "@gopool/control";
import { ControlService, Phase, SessionService } from "@gopool/proto/control";
import { tempDir, waitFor } from "@gopool/testing";
import { CONTROL_TOKEN, ownControl, ownPool, RunningTask } from "./child_fixture.ts";

/** A busy machine may take long to make the embedded ledger ready. */
const PATIENCE = { deadlineMs: 120_000 };

function portOf(address: string): number {
  return Number(address.split(":")[1]);
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("a gateway that is drained lets its miners go and no new ones in, the others go on, and undrained it mines again", async () => {
  await using folder = await tempDir();
  const env = { ...ownPool(folder.path), ...ownControl() };
  await using pool = new RunningTask("start", env);
  await pool.says(/shares [1-9]\d* accepted/, PATIENCE.deadlineMs);
  const port = portOf(env.GOPOOL_STRATUM_LISTEN!);
  using client = controlClient(`http://${env.GOPOOL_CONTROL_LISTEN}`, CONTROL_TOKEN);
  const control = client(ControlService);
  /** Null where the gateway does not run. */
  const sessions = async () => {
    try {
      return (await client(SessionService).listSessions({})).sessions.length;
    } catch (error) {
      assertEquals(ConnectError.from(error).code, Code.Unavailable);
      return null;
    }
  };
  const phases = async () => {
    const { services } = await control.status({});
    return Object.fromEntries(services.map(({ name, phase }) => [name, Phase[phase]]));
  };
  await waitFor(async () => (await sessions()) === 1, "the demo miner's session", PATIENCE);

  const { services } = await control.drain({ service: "stratumd", waitMs: 30_000 });
  assertEquals(services.map(({ phase }) => phase), [Phase.DRAINED]);
  assertEquals([await listens(port), await sessions()], [false, null]);
  assertEquals(await phases(), {
    "demo-miner": "WORKING",
    stratumd: "DRAINED",
    shareproc: "WORKING",
    blocksubmit: "WORKING",
    jobmanager: "WORKING",
    payoutd: "WORKING",
    statsd: "WORKING",
    apiserver: "WORKING",
  });
  const status = await control.status({});
  assert(
    status.waitingFor.some((one) => one.startsWith("stratumd: drained")),
    `${status.waitingFor}`,
  );
  // What it had answered true is judged: nothing is left behind it.
  await waitFor(
    async () => (await control.status({})).lags.every(({ lag }) => lag === 0n),
    "all that was accepted to be read",
    PATIENCE,
  );

  await control.undrain({ service: "stratumd" });
  await waitFor(async () => (await control.status({})).ready, "the pool to be ready", PATIENCE);
  await waitFor(async () => (await sessions()) === 1, "the demo miner to come back", PATIENCE);
  assertEquals(await listens(port), true);
  pool.signal("SIGTERM");
  assertEquals(await pool.ended(), 0);
});
