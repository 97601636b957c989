import { BlockCandidateSchema, create } from "@gopool/proto";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Spool, SpoolFault } from "./spool.ts";

function candidate(byte: number) {
  return create(BlockCandidateSchema, {
    session: "s",
    receivedAtMs: BigInt(1000 + byte),
    facts: { pool: "gopool", hash: new Uint8Array(32).fill(byte), header: new Uint8Array(80) },
  });
}

async function withFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "spool" });
  try {
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const nothingUnreadable = (file: string) => {
  throw new Error(`${file} should be readable`);
};

Deno.test("what was put is found again at the next start, oldest known, until it is cleared", () =>
  withFolder(async (folder) => {
    const spool = await Spool.open(`${folder}/new`, 10, nothingUnreadable);
    const entry = spool.put(candidate(7));
    spool.put(candidate(3));
    assertEquals(spool.put(candidate(7)), null);
    const again = await Spool.open(`${folder}/new`, 10, nothingUnreadable);
    assertEquals([again.size, again.oldestMs()], [2, 1003]);
    assertEquals(await again.clear(entry!.id), true);
    assertEquals(await again.clear(entry!.id), false);
    assertEquals((await Spool.open(`${folder}/new`, 10, nothingUnreadable)).size, 1);
  }));

Deno.test("a file cut short by a crash is never taken for a candidate, and never removed", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/aa.candidate.part`, new Uint8Array([1, 2, 3]));
    await Deno.writeFile(`${folder}/bb.candidate`, new Uint8Array([0xff, 0xff]));
    const unreadable: string[] = [];
    const spool = await Spool.open(folder, 10, (file) => unreadable.push(file));
    assertEquals([spool.size, unreadable], [0, ["bb.candidate"]]);
    assert((await Deno.stat(`${folder}/bb.candidate`)).isFile);
  }));

Deno.test("a disk that refuses, or a full spool, is a fault that still carries the candidate", () =>
  withFolder(async (folder) => {
    const spool = await Spool.open(`${folder}/spool`, 2, nothingUnreadable);
    await Deno.remove(`${folder}/spool`, { recursive: true });
    const fault = assertThrows(() => spool.put(candidate(1)), SpoolFault);
    assertEquals(fault.entry.hash, new Uint8Array(32).fill(1));
    // In memory it stays, so that it is published again and again.
    assertEquals(spool.size, 1);
    assertThrows(() => spool.put(candidate(2)), SpoolFault);
    assertThrows(() => spool.put(candidate(3)), SpoolFault, "already");
    assertEquals(spool.size, 2);
  }));
