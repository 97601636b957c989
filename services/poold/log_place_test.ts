import { assertEquals } from "@std/assert";
import { openBus } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { busOf, logFileOf } from "./log_place.ts";

Deno.test("the log lies in the data folder unless it is named", () => {
  assertEquals(logFileOf({ dataDir: "./data", busUrl: undefined }), "./data/bus.db");
  const named = (url: string) => logFileOf({ dataDir: "./data", busUrl: url });
  assertEquals(named("sqlite:/elsewhere/bus.db"), "/elsewhere/bus.db");
  assertEquals(named("sqlite:///elsewhere/bus.db"), "/elsewhere/bus.db");
  assertEquals(named("sqlite:log/bus.db"), "log/bus.db");
  assertEquals(named("memory:"), null);
});

Deno.test("the bus makes its file exactly where this says, whatever the folder is called", async () => {
  await using folder = await tempDir();
  for (const name of ["plain", "with space", "50%", "a%20b", "käse"]) {
    const settings = { dataDir: folder.join(name), busUrl: undefined };
    await using _ = await openBus(busOf(settings), { clock: systemClock });
    assertEquals((await Deno.stat(logFileOf(settings)!)).isFile, true, name);
  }
  const busUrl = `sqlite:${folder.path}/far%20away/bus.db`;
  const settings = { dataDir: "./data", busUrl };
  await using _ = await openBus(busOf(settings), { clock: systemClock });
  assertEquals((await Deno.stat(logFileOf(settings)!)).isFile, true);
});
