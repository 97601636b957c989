import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigError, readConfig } from "@gopool/config";
import { schema } from "./config.ts";

const NEEDED: Record<string, string> = {
  GOPOOL_BUS_URL: "memory:",
  GOPOOL_NODE_URL: "http://127.0.0.1:8332",
  GOPOOL_POOL_ADDRESS: "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
};
const read = (more: Record<string, string>) =>
  readConfig("jobmanager", schema, { args: [], env: (name) => more[name] ?? NEEDED[name] });

Deno.test("the mask is BIP 320's unless set, and leaves the top three bits of a version alone", () => {
  assertEquals(read({}).versionMask, 0x1fffe000);
  assertEquals(read({ GOPOOL_VERSION_MASK: "1FFFFFE0" }).versionMask, 0x1fffffe0);
  for (const mask of ["3fffe000", "ffffffff", "1fffe00", "1fffe0000", "bits"]) {
    const error = assertThrows(() => read({ GOPOOL_VERSION_MASK: mask }), ConfigError);
    assertStringIncludes(error.message, "top three bits");
  }
});

Deno.test("a tag that is not printable, or too long for a scriptSig, is refused", () => {
  for (const tag of ["/".repeat(41), "gr\u00fc\u00df", "a\nb"]) {
    assertThrows(() => read({ GOPOOL_JOBMANAGER_TAG: tag }), ConfigError);
  }
  assertEquals(read({ GOPOOL_JOBMANAGER_TAG: "/".repeat(40) }).coinbaseTag.length, 40);
});
