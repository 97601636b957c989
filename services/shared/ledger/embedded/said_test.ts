import { assertEquals } from "@std/assert";
import { complaintOf } from "./said.ts";

Deno.test("what the server complains of becomes a sentence, and says whether waiting mends it", () => {
  const stamp = "2026-01-01 00:00:00.000 UTC [12]";
  const cases: readonly (readonly [printed: string, sentence: string, lasting: boolean])[] = [
    [
      `${stamp} LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\n${stamp} FATAL:  could not create any TCP/IP sockets`,
      "another program listens on its port: stop that, or choose another with GOPOOL_LEDGER_PORT",
      true,
    ],
    [
      `${stamp} PANIC:  could not write to file "pg_wal/xlogtemp.12": No space left on device`,
      "the disk is full: make room, nothing of the ledger is lost",
      false,
    ],
    [
      `${stamp} FATAL:  data directory "/d" has wrong ownership`,
      'its folder is not its own: FATAL:  data directory "/d" has wrong ownership',
      true,
    ],
    [
      `${stamp} LOG:  starting PostgreSQL 17.10\n${stamp} FATAL:  pre-existing shared memory block (key 1) is still in use\n${stamp} HINT:  x`,
      "FATAL:  pre-existing shared memory block (key 1) is still in use",
      false,
    ],
    [
      "postgres: error while loading shared libraries: libicuuc.so.60: cannot open",
      "its programs do not run on this machine: postgres: error while loading shared libraries: libicuuc.so.60: cannot open",
      true,
    ],
    ["", "it ended without a word", false],
  ];
  for (const [printed, sentence, lasting] of cases) {
    assertEquals(complaintOf(printed), { sentence, lasting });
  }
});
