import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { miningJobs, openBus } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { runTask } from "../child_fixture.ts";

Deno.test("a folder without a log is told so, and nothing is made in it", async () => {
  await using folder = await tempDir();
  const dataDir = folder.join("nothing");
  const { code, stdout, stderr } = await runTask("topics", [], { GOPOOL_DATA_DIR: dataDir });
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, `There is no log at ${dataDir}/bus.db yet`);
  assert(!await Deno.stat(dataDir).then(() => true, () => false));
});

Deno.test("mistakes in the arguments end it with code 2 and a sentence", async () => {
  await using folder = await tempDir();
  const env = { GOPOOL_DATA_DIR: folder.path };
  await using bus = await openBus(`sqlite:${folder.path}/bus.db`, { clock: systemClock });
  await bus.publish(miningJobs, [{ value: new Uint8Array(1), key: Uint8Array.of(1) }]);
  const mistakes: readonly (readonly [string, string])[] = [
    ["tail share.vaild", 'There is no topic "share.vaild"'],
    ["tail mining.jobs --partition 3", "mining.jobs has no partition 3: it has 1"],
    ["tail mining.jobs --from 7", "mining.jobs has no offset 7 yet: the next one is 1"],
    ["count mining.jobs --from 7", "unknown option '--from'"],
    ["reject --partition 0 --offset -1 --reason x", '"-1" must be a whole number'],
    ["republish --partition 0 --reason x", "required option '--from <offset>' not specified"],
    ["archive", "required option '--to <folder>' not specified"],
    ["frobnicate", 'There is no command "frobnicate"'],
  ];
  for (const [args, sentence] of mistakes) {
    const { code, stdout, stderr } = await runTask("topics", args.split(" "), env);
    assertEquals([code, stdout], [2, ""], args);
    assertStringIncludes(stderr, sentence);
    assertEquals(stderr.trim().split("\n").length, 1, stderr);
  }
});

Deno.test("the tool reads a log that another process has open, and --help is no mistake", async () => {
  await using folder = await tempDir();
  await using bus = await openBus(`sqlite:${folder.path}/log/bus.db`, { clock: systemClock });
  await bus.publish(miningJobs, [{ value: new Uint8Array(), key: Uint8Array.of(1) }]);
  const env = {
    GOPOOL_DATA_DIR: folder.join("data"),
    GOPOOL_BUS_URL: `sqlite:${folder.path}/log/bus.db`,
  };
  const list = await runTask("topics", ["list", "--json"], env);
  assertEquals(JSON.parse(list.stdout.split("\n")[0]!).records, 1);
  const help = await runTask("topics", ["--help"], env);
  assertEquals(help.code, 0);
  assertStringIncludes(help.stdout, "republish");
});

Deno.test("the archive is written to the folder named, and a damaged one ends it with code 1", async () => {
  await using folder = await tempDir();
  await using bus = await openBus(`sqlite:${folder.path}/bus.db`, { clock: systemClock });
  await bus.publish(miningJobs, [{ value: new Uint8Array(1), key: Uint8Array.of(1) }]);
  const env = { GOPOOL_DATA_DIR: folder.path };
  const archive = () => runTask("topics", ["archive", "--to", folder.join("archive")], env);
  const { code, stdout, stderr } = await archive();
  assertEquals([code, stdout, stderr], [0, "0 files written, 0 were there\n", ""]);
  await Deno.writeTextFile(folder.join("archive", "manifest.jsonl"), "mine\n");
  const refused = await archive();
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "is no manifest of an archive");
});
