import { assertStringIncludes } from "@std/assert";
import { sharePartitions } from "@gopool/config";
import { SHARE_PARTITIONS } from "./mod.ts";

Deno.test("the help names the number of partitions that the bus makes a new log with", () => {
  assertStringIncludes(sharePartitions.help, `${SHARE_PARTITIONS} in a new log`);
});
