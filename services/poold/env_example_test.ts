import { assertEquals, assertStringIncludes } from "@std/assert";
import { variablesOf } from "@gopool/config";
import { schema } from "./config.ts";
import { envExample } from "./env_example.ts";
import { readSettings } from "./settings.ts";

Deno.test("deploy/env.example is what the table makes it, every variable among it", async () => {
  const file = await Deno.readTextFile(new URL("../../deploy/env.example", import.meta.url));
  assertEquals(file, envExample(), "run services/poold/env_example.ts again");
  for (const variable of variablesOf(schema)) assertStringIncludes(file, variable);
});

Deno.test("the example with nothing commented out is a set of settings that starts", () => {
  const env = new Map(
    envExample().split("\n").flatMap((line) => {
      const [, name, value] = /^#(GOPOOL_\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value!] as const];
    }),
  );
  assertEquals(env.size, Object.keys(schema).length);
  const config = readSettings({
    args: [],
    env: (name) => env.get(name),
    envNames: [...env.keys()],
  });
  assertEquals(config, readSettings({ args: [], env: () => undefined }));
});
