import { assertEquals } from "@std/assert";
import { readConfig } from "./read.ts";
import { roadBlocksubmit, roadProblems, roadShareproc } from "./road_rows.ts";

Deno.test("the second road wants the pool's own token, and says which variable wants it", () => {
  const url = [new URL("http://127.0.0.1:8203")];
  assertEquals(roadProblems({}), []);
  assertEquals(roadProblems({ roadShareproc: url, internalToken: "0123456789abcdef" }), []);
  assertEquals(roadProblems({ roadShareproc: url, roadBlocksubmit: url }), [
    "GOPOOL_ROAD_SHAREPROC needs GOPOOL_INTERNAL_TOKEN, the token with which the pool's services call each other",
    "GOPOOL_ROAD_BLOCKSUBMIT needs GOPOOL_INTERNAL_TOKEN, the token with which the pool's services call each other",
  ]);
});

Deno.test("the second road's rows take several addresses of both kinds", () => {
  const env: Record<string, string> = {
    GOPOOL_ROAD_SHAREPROC: "http://127.0.0.1:8203,https://judge.example:8203",
  };
  const config = readConfig("test", { roadShareproc, roadBlocksubmit }, {
    args: [],
    env: (name) => env[name],
    envNames: Object.keys(env),
  });
  assertEquals(config.roadShareproc?.map(({ origin }) => origin), [
    "http://127.0.0.1:8203",
    "https://judge.example:8203",
  ]);
  assertEquals(config.roadBlocksubmit, undefined);
});
