import { assertEquals } from "@std/assert";
import { passwordOptions } from "@gopool/stratum";
import { PASSWORD_OPTIONS } from "./connection.ts";

Deno.test("every password that is shown as an example does at the gateway what is said of it", () => {
  const understood = PASSWORD_OPTIONS.map(({ example }) => [example, passwordOptions(example!)]);
  assertEquals(understood, [
    ["x", {}],
    ["d=1024", { difficulty: 1024 }],
    ["md=512", { minimumDifficulty: 512 }],
    ["d=1024,md=512", { difficulty: 1024, minimumDifficulty: 512 }],
  ]);
  assertEquals(passwordOptions("diff=1024"), { difficulty: 1024 });
});
