import { assertEquals } from "@std/assert";
import { fromHex } from "@gopool/chain";
import { waitFor } from "@gopool/testing";
import { rawOver } from "./rest_fixture.ts";
import { ALICE, BOB, MINUTE, NOON_MS, stand } from "./stand_fixture.ts";

/** Messages of a stream of server-sent events, one at a time. */
async function* eventsOf(response: Response) {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (data !== null) yield JSON.parse(data[1]!);
    }
  }
}

Deno.test("the pool's stream is what stats.live says, and ends with its watcher", async () => {
  await using at = await stand();
  const response = await rawOver(at.deps)("/api/v1/pool/live");
  const events = eventsOf(response);
  const first = events.next();
  await waitFor(() => at.live.watchers === 1, "the watcher");
  await at.say({
    hashrate: 7e12,
    standardError: 1e12,
    accounts: 2,
    workers: 3,
    sharesPerSecond: 0.5,
    rejectsPerSecond: 0.25,
    height: 9,
    networkDifficulty: 11,
    lastBlock: fromHex("01" + "00".repeat(31)),
  });
  assertEquals((await first).value, {
    at: "2026-11-23T12:00:00Z",
    hashesPerSecond: 7e12,
    standardError: 1e12,
    miners: 2,
    workers: 3,
    sharesPerSecond: 0.5,
    rejectsPerSecond: 0.25,
    height: 9,
    networkDifficulty: 11,
    lastBlockHash: "00".repeat(31) + "01",
  });
  await events.return(undefined);
  await waitFor(() => at.live.watchers === 0, "the watcher's end");
});

Deno.test("a miner's stream is of that miner alone", async () => {
  await using at = await stand();
  await at.mine([{ atMs: NOON_MS - MINUTE }]);
  const events = eventsOf(await rawOver(at.deps)(`/api/v1/miners/${ALICE}/live`));
  const first = events.next();
  await waitFor(() => at.live.watchers === 1, "the watcher");
  await at.say({ active: [{ account: BOB, shares: 1 }] });
  const mine = { shares: 2, rejects: 1, difficulty: 4, hashrate: 5, workers: 6, standardError: 3 };
  await at.say({ active: [{ account: BOB, shares: 1 }, { account: ALICE, ...mine }] });
  assertEquals((await first).value, {
    at: "2026-11-23T12:00:00Z",
    hashesPerSecond: 5,
    standardError: 3,
    shares: 2,
    rejects: 1,
    difficulty: 4,
    workers: 6,
  });
  await events.return(undefined);
  await waitFor(() => at.live.watchers === 0, "the watcher's end");
});
