import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { tempDir } from "@gopool/testing";
import { LedgerNotOpened } from "../port.ts";
import { homeOf, isPrepared, prepareHome, SYSTEM_FOLDER } from "./home.ts";
import { copyPrograms, exists, installed, librariesAreNamed, programOf } from "./programs.ts";

const root = Deno.uid() === 0;

Deno.test("below folders that all may enter the ledger stands in the data folder, which stays closed", async () => {
  await using folder = await tempDir();
  const dataDir = folder.join("data");
  assertEquals([homeOf(dataDir), isPrepared(dataDir)], [null, false]);
  const home = await prepareHome(dataDir);
  assertEquals(home.folder, `${await Deno.realPath(dataDir)}/ledger`);
  assertEquals(home.uid, root ? 65_534 : null);
  assertEquals((await Deno.stat(dataDir)).mode! & 0o777, root ? 0o710 : 0o700);
  assertEquals([homeOf(dataDir), isPrepared(dataDir)], [home, true]);
  assertEquals(await prepareHome(dataDir), home);
});

Deno.test({
  name: "below root's own folders it stands where its user can enter, and stays there",
  ignore: !root,
  fn: async () => {
    await using folder = await tempDir();
    await Deno.chmod(folder.path, 0o700);
    const dataDir = folder.join("data");
    const home = await prepareHome(dataDir);
    try {
      assertStringIncludes(home.folder, `${SYSTEM_FOLDER}/ledgers/data-`);
      assertStringIncludes(home.note!, `The ledger stands in ${home.folder}`);
      // Also when its user could enter by now.
      await Deno.chmod(folder.path, 0o755);
      assertEquals(await prepareHome(dataDir), home);
      assertEquals(homeOf(dataDir), home);
      // A folder of that name that is made anew is not silently given the old one's books.
      await Deno.writeTextFile(`${home.folder}/password`, "x");
      await Deno.chmod(folder.path, 0o700);
      await Deno.remove(dataDir, { recursive: true });
      await assertRejects(
        () => prepareHome(dataDir),
        LedgerNotOpened,
        "is gone: put its ledger/home.json",
      );
    } finally {
      await Deno.remove(home.folder, { recursive: true });
    }
  },
});

Deno.test("a copy of the programs is whole, has its libraries, and is made once", async () => {
  await using folder = await tempDir();
  const to = folder.join("copy");
  await Promise.all([1, 2].map(() => copyPrograms(installed()!.folder, to)));
  assertEquals(librariesAreNamed(to), true);
  assertEquals((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), [
    "copy",
  ]);
  const { stdout } = await new Deno.Command(programOf(to, "postgres"), { args: ["--version"] })
    .output();
  assertStringIncludes(new TextDecoder().decode(stdout), "PostgreSQL) 17.");
  assertEquals(await exists(`${to}/share`), true);
});
