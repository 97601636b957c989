import { assertEquals } from "@std/assert";
import * as control from "./control.ts";

const FOLDER = new URL("./gopool/control/v1/", import.meta.url);

Deno.test("every service that a proto declares is exported, so that tests made from descriptors see it", async () => {
  const declared: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    for (const [, service] of text.matchAll(/^service (\w+)/gm)) declared.push(service!);
  }
  const exported = Object.keys(control).filter((name) => name.endsWith("Service"));
  assertEquals(exported.toSorted(), declared.toSorted());
});
