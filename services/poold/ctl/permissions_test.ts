import { assertEquals } from "@std/assert";
import { runArgumentsOf } from "../launch/mod.ts";

/** What the launcher allows beside variables, by kind. */
function allowed(args: readonly string[], env: Readonly<Record<string, string>>) {
  const flags = runArgumentsOf("ctl", { args, env: (name) => env[name] });
  return Object.fromEntries(
    flags.flatMap((flag) => {
      const [, kind, names] = /^--allow-(net|read|write|run|sys|ffi)=(.*)$/.exec(flag) ?? [];
      return kind === undefined ? [] : [[kind, names!]];
    }),
  );
}

const USUAL = [8200, 8201, 8202, 8203, 8204, 8205, 8206, 8207].map((port) => `127.0.0.1:${port}`)
  .join();

Deno.test("without settings it may look for a pool on this machine and read its token, nothing else", () => {
  assertEquals(allowed(["status"], { GOPOOL_DATA_DIR: "/d" }), {
    net: USUAL,
    read: "/d/control-token",
  });
});

Deno.test("hosts are those named, first on the command line, then by the settings", () => {
  const env = {
    GOPOOL_CONTROL_ADDRESSES: "a.example:8201,https://b.example:8202",
    GOPOOL_CONTROL_TOKEN: "0123456789abcdef",
    GOPOOL_CONTROL_CA: "/ca.pem",
  };
  assertEquals(allowed(["status"], env), { net: "a.example:8201,b.example:8202", read: "/ca.pem" });
  const named = ["--address", "c:1", "status", "--address=[::1]:2", "--address", "nonsense"];
  assertEquals(allowed(named, env), { net: "c:1,[::1]:2", read: "/ca.pem" });
});

Deno.test("a file is written by a profile alone, and it is that file", () => {
  const env = { GOPOOL_CONTROL_TOKEN: "0123456789abcdef" };
  assertEquals(allowed(["profile", "--to", "/p.cpuprofile"], env), {
    net: USUAL,
    read: "/p.cpuprofile",
    write: "/p.cpuprofile",
  });
  assertEquals(allowed(["heap", "--to", "/p.cpuprofile"], env), { net: USUAL });
});
