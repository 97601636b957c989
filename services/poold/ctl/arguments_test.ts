import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { freePort, tempDir } from "@gopool/testing";
import { ctl } from "./fixture.ts";
import { placeOf, placesOf } from "./places.ts";

Deno.test("mistakes in what is asked end it with code 2 and a sentence", async () => {
  const told = async (words: string, ...args: readonly string[]) => {
    const { code, stdout, stderr } = await ctl(args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, words);
  };
  await told("unknown command 'frob'", "frob");
  await told("unknown option '--frob'", "status", "--frob");
  await told("It must be host:port", "--address", "nowhere", "status");
  await told("It must be a block's hash", "block", "abc");
  await told('It must be a number above 0, or "auto"', "sessions", "difficulty", "1a", "zero");
  await told("required option '--reason <text>'", "payouts", "pause");
  await told("It must not be empty", "payouts", "pause", "--reason", " ");
  await told("required option '--for <time>'", "sessions", "ban", "203.0.113.7", "--reason", "x");
  await told("It must be a time with its unit", "logs", "--for", "5");
  await told("Allowed choices are", "drain", "nobody");
  await told("It must be a whole number of satoshis", "ledger", "adjust", "fee", "--sats", "0.5");
  await told("Name a node", "jobs", "prefer", "--address", `127.0.0.1:${freePort()}`);
});

Deno.test("where nothing answers that is said, with what to do, and the code is 3", async () => {
  const dead = `127.0.0.1:${freePort()}`;
  for (const command of [["status"], ["sessions"], ["block", "00".repeat(32)], ["top"]]) {
    const { code, stdout, stderr } = await ctl(["--address", dead, ...command]);
    assertEquals([code, stdout], [3, ""], command.join(" "));
    assertStringIncludes(stderr, `${dead} does not answer`);
    assertStringIncludes(stderr, "Name where it answers with --address");
    assertEquals(stderr.includes("    at "), false, stderr);
  }
});

Deno.test("settings with mistakes are told all at once, without a token's text", async () => {
  const { code, stderr } = await ctl(["status"], {
    env: {
      GOPOOL_CONTROL_ADDRESSES: "a:1,a:1",
      GOPOOL_CONTROL_CLIENT_CERT: "/c",
      GOPOOL_CONTROL_TOKEN: " ",
    },
  });
  assertEquals(code, 2);
  assertStringIncludes(stderr, "must not name the same place twice");
  assertStringIncludes(stderr, "GOPOOL_CONTROL_CLIENT_KEY is missing");
});

Deno.test("a token's file that cannot be read is named", async () => {
  await using folder = await tempDir();
  const { code, stderr } = await ctl(["status"], {
    env: { GOPOOL_CONTROL_TOKEN_FILE: folder.join("none") },
  });
  assertEquals(code, 2);
  assertStringIncludes(stderr, `${folder.join("none")}" cannot be read`);
});

Deno.test("addresses are host and port, with https:// where TLS is spoken", () => {
  assertEquals(placeOf("127.0.0.1:8200").url, "http://127.0.0.1:8200");
  assertEquals(placeOf("https://pool.example:8200/").url, "https://pool.example:8200");
  assertEquals([placeOf("[::1]:8200").name, placeOf("[::1]:8200").host], ["[::1]:8200", "::1"]);
  assertEquals(placesOf("a:1, b:2").map(({ name }) => name), ["a:1", "b:2"]);
  for (const bad of ["", "a", "a:0", "a:65536", "ftp://a:1", "a:1/x", "u:p@a:1", "a b:1"]) {
    assertThrows(() => placeOf(bad), SyntaxError, "must be host:port");
  }
});
