/**
 * Connections: limits, half-closed and half-sent ones, shutdown.
 *
 * @module
 */
import { blockFound, encodeRecord, openBus } from "@gopool/bus";
import { BlockOutcome } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { openState, type State } from "@gopool/state";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EASY, gated, goRound, openRig } from "./kit_test.ts";

Deno.test("lines in pieces, with carriage returns, several in one packet", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  for (const part of ['{"id":1,"me', 'thod":"mining.ping"', ',"params":[]}\r', "\n\n\r\n"]) {
    await miner.raw(part);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals((await miner.answer(1)).result, "pong");
});

Deno.test("what is no message is answered with 20; too many of them end the connection", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  const bad = [
    "{",
    "[]",
    "7",
    '"text"',
    '{"id":{}}',
    '{"id":901,"method":7}',
    '{"id":903,"params":[]}',
  ];
  for (const line of bad) await miner.raw(line + "\n");
  await miner.raw(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d, 0x0a]));
  await miner.wait(() => miner.lines.length === bad.length + 1, "an answer to each");
  for (const line of miner.lines) assertEquals(JSON.parse(line).error[0], 20, line);
  await miner.login();
  assertEquals((await miner.submit(miner.mine())).result, true);
  await miner.raw("nonsense\n".repeat(40));
  await miner.untilClosed();
});

Deno.test("a line past the bound is answered and ends the connection, others go on", async () => {
  await using rig = await openRig();
  const [huge, other] = [await rig.connect(), await rig.connect()];
  await other.login();
  await huge.raw("x".repeat(10_000));
  await huge.untilClosed();
  assertStringIncludes(huge.lines[0]!, "Line too long");
  assertEquals((await other.submit(other.mine())).result, true);
});

Deno.test("a miner that closes its side still gets its answers", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login();
  await miner.send("mining.submit", miner.params(miner.mine()), 50);
  await (miner.conn as Deno.TcpConn).closeWrite();
  await miner.untilClosed();
  assertEquals(JSON.parse(miner.lines.at(-1)!), { id: 50, result: true, error: null });
});

Deno.test("a miner that closes its side while its session is looked up gets the answers behind that, too", async () => {
  await using state = await openState(new URL("memory:"), { clock: systemClock });
  const found = Promise.withResolvers<void>();
  const slow: State = new Proxy(state, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (name === "get" && `${args[0]}`.startsWith("session:")) await found.promise;
        return await value.apply(target, args);
      };
    },
  });
  await using rig = await openRig({ state: slow });
  const [miner, mute] = [await rig.connect(), await rig.connect()];
  await miner.send("mining.subscribe", ["x", "00112233445566ff"], 1);
  await miner.send("mining.ping", [], 2);
  await mute.send("mining.subscribe", ["x", "00112233445566ff"], null);
  for (const { conn } of [miner, mute]) await (conn as Deno.TcpConn).closeWrite();
  await goRound(rig);
  found.resolve();
  await miner.untilClosed();
  await mute.untilClosed();
  assertEquals(miner.lines.map((line) => JSON.parse(line).id), [1, 2]);
});

Deno.test("more connections than allowed are turned away, and let in when others have gone", async () => {
  await using rig = await openRig({ config: { maxSessionsPerAddress: 2 } });
  const [a] = [await rig.connect(), await rig.connect()];
  const third = await rig.connect();
  await third.untilClosed();
  assertEquals(rig.stratumd.status().refusedConnections, 1);
  await a.close();
  await waitFor(() => rig.stratumd.status().sessions === 1, "one session");
  const fourth = await rig.connect();
  await fourth.login();
});

Deno.test("at shutdown answers in hand go out, who understands it is told to reconnect, all is closed", async () => {
  let gate!: ReturnType<typeof gated>;
  await using rig = await openRig({ wrap: (bus) => (gate = gated(bus)).bus });
  const [cgminer, bitaxe] = [await rig.connect(), await rig.connect()];
  await cgminer.login({ agent: "cgminer/4.12.0" });
  await bitaxe.login({ agent: "bitaxe/BM1368/v2.4.1", password: `d=1` });
  await cgminer.send("mining.submit", cgminer.params(cgminer.mine({ difficulty: EASY })), 60);
  await waitFor(() => gate.held() === 1, "a publish under way");
  const stopping = rig.stop();
  gate.open();
  await Promise.all([cgminer.untilClosed(), bitaxe.untilClosed()]);
  await stopping;
  const last = cgminer.messages.slice(-2).map((m) => m.kind);
  assertEquals(last, ["response", "reconnect"], cgminer.lines.join("\n"));
  assert(!bitaxe.messages.some((m) => m.kind === "reconnect"), bitaxe.lines.join("\n"));
  assertEquals(rig.stratumd.status().sessions, 0);
});

Deno.test("a candidate outlives the gateway: the next one publishes it again until block.found names it", async () => {
  await using bus = await openBus("memory:", { clock: systemClock, sharePartitions: 2 });
  const folder = await Deno.makeTempDir({ prefix: "stratumd" });
  const files = () => [...Deno.readDirSync(`${folder}/spool`)].map((entry) => entry.name);
  {
    await using rig = await openRig({ bus, folder, firstJob: { nbits: 0x207fffff } });
    const miner = await rig.connect();
    await miner.login({ agent: "cpuminer/2.5" });
    await miner.submit(miner.mine({ difficulty: 4.7e-10 }));
    await waitFor(async () => (await rig.candidates()).length === 1, "a candidate");
    assertEquals(files().length, 1);
  }
  assertEquals(files().length, 1);
  {
    await using rig = await openRig({ bus, folder });
    await waitFor(async () => (await rig.candidates()).length === 2, "the candidate again");
    const { facts } = (await rig.candidates())[0]!;
    const found = { facts: facts!, outcome: BlockOutcome.LOST };
    await bus.publish(blockFound, [encodeRecord(blockFound, found, { key: facts!.hash })]);
    await waitFor(() => files().length === 0, "an empty spool");
    assertEquals(rig.stratumd.status().spooled, 0);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a port that is taken ends the service with a sentence", async () => {
  await using rig = await openRig();
  let message = "";
  try {
    await openRig({
      bus: rig.bus,
      state: rig.state,
      folder: rig.folder,
      config: { stratumListen: { host: "127.0.0.1", port: rig.port }, gateway: "gw-2" },
    });
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, "another program listens there already");
});
