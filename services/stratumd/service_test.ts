import { assertEquals } from "@std/assert";
import { openRig } from "./kit_test.ts";

Deno.test("a good share is answered true and stands on share.submissions", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login();
  const { result, error } = await miner.submit(miner.mine());
  assertEquals([result, error], [true, null]);
  const [submission] = await rig.submissions();
  assertEquals(submission!.jobId, miner.notify.jobId);
  assertEquals(submission!.worker, "rig");
});
