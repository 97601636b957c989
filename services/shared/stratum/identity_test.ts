import { assertEquals } from "@std/assert";
import { passwordOptions, splitUsername } from "./identity.ts";

const usernames: [string, string, string][] = [
  ["bc1qx", "bc1qx", ""],
  ["bc1qx.", "bc1qx", ""],
  ["bc1qx.rig1", "bc1qx", "rig1"],
  ["BC1QX.Rig1", "BC1QX", "Rig1"],
  ["bc1qx%2Erig%2e1", "bc1qx", "rig.1"],
  [" bc1qx.rig 1 ", "bc1qx", "rig 1"],
  [".rig", "", "rig"],
  ["100%", "100%", ""],
];
for (const [text, address, worker] of usernames) {
  Deno.test(`splitUsername() takes "${text}" for "${address}" and "${worker}"`, () => {
    assertEquals(splitUsername(text), { address, worker });
  });
}

const passwords: [string, object][] = [
  ["", {}],
  ["x", {}],
  ["d=1000", { difficulty: 1000 }],
  ["diff=0.001", { difficulty: 0.001 }],
  ["x,d=64", { difficulty: 64 }],
  ["x;md=512;D=1024", { difficulty: 1024, minimumDifficulty: 512 }],
  ["x, d=5 , md=2", { difficulty: 5, minimumDifficulty: 2 }],
  ["d=1,d=2", { difficulty: 2 }],
  ["d=,d=x,d=-1,d=0,d=NaN,d=Infinity", {}],
  ["id=5,odd=7,mdd=1", {}],
  ["d=5d=6", {}],
  ["th=5", {}],
  ["y".repeat(300) + ",d=5", {}],
];
for (const [password, options] of passwords) {
  Deno.test(`passwordOptions() finds ${JSON.stringify(options)} in "${password.slice(0, 40)}"`, () => {
    assertEquals(passwordOptions(password) as object, options);
  });
}
