import { assertEquals } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  CONTRACT_PARTITIONS,
  type ContractAdapter,
  promising,
  put,
  Watcher,
} from "./contract_stand.ts";
import { miningJobs, shareSubmissions } from "./topics.ts";

const topic = shareSubmissions;
const every = Array.from({ length: CONTRACT_PARTITIONS }, (_, partition) => partition);

/** What a reader may say of its group's positions. */
export function positionsContract(adapter: ContractAdapter): void {
  const promises = promising(adapter);

  promises("never writes a position past what the reader wants kept", async (stand) => {
    const kept = [1, undefined, 100, 0];
    for (const partition of every) await put(stand.bus, topic, partition, "a", "b", "c");
    const options = { keepFrom: (partition: number) => kept[partition] };
    const first = new Watcher(stand, topic, options);
    await waitFor(() => first.seen().length === 12, "the first reading");
    await waitFor(
      async () => `${await stand.bus.committed(topic, "readers")}` === "1,3,3,0",
      "the positions",
    );
    // Free by the time of the next batch, of the end, or taken back.
    [kept[0], kept[2], kept[3]] = [3, 1, 2];
    await put(stand.bus, topic, 0, "d");
    await put(stand.bus, topic, 2, "d");
    await waitFor(() => first.seen().length === 14, "two more");
    await waitFor(
      async () => `${await stand.bus.committed(topic, "readers")}` === "3,3,1,0",
      "the positions that follow",
    );
    await first.stop();
    assertEquals(await stand.bus.committed(topic, "readers"), [3, 3, 1, 2]);
    const second = new Watcher(stand, topic);
    await waitFor(() => second.seen().length === 5, "what was kept");
    const seen = every.map((partition) => second.seen(partition));
    assertEquals(seen, [["d"], [], ["b", "c", "d"], ["c"]]);
  });

  promises("leaves the position where it was while keepFrom() throws, and tells", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a");
    let isBroken = false;
    const watcher = new Watcher(stand, miningJobs, {
      keepFrom: () => {
        if (isBroken) throw new Error("cannot say");
        return undefined;
      },
    });
    const position = () => stand.bus.committed(miningJobs, "readers");
    await waitFor(async () => (await position())[0] === 1, "the first position");
    isBroken = true;
    await put(stand.bus, miningJobs, 0, "b");
    await waitFor(() => watcher.seen().length === 2, "the second batch");
    await watcher.stop();
    assertEquals(await position(), [1]);
    assertEquals(watcher.troubles[0]?.kind, "handler-threw");
  });
}
