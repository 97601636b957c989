import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { controlProblems, controlRows, tokenFileOf } from "./control_rows.ts";
import { ConfigError } from "./read.ts";
import { readChecked, type Settings } from "./settings.ts";

const schema = controlRows("127.0.0.1:8201");
const settings: Settings<typeof schema> = { schema, problems: controlProblems };
const TOKEN = "0123456789abcdef";

function read(env: Record<string, string>) {
  return readChecked("tried", settings, { args: [], env: (name) => env[name] });
}

/** What is said of wrong settings. */
function complaint(env: Record<string, string>): string {
  return assertThrows(() => read(env), ConfigError).message;
}

Deno.test("tokens are read with names and roles, from commas and lines", () => {
  const { controlTokens } = read({
    GOPOOL_CONTROL_TOKENS:
      `ann:read+money:${TOKEN}, bob:operate:${TOKEN}2\n\ncy@x:read:${TOKEN}3\n`,
  });
  assertEquals(controlTokens, [
    { name: "ann", roles: ["read", "money"], token: TOKEN },
    { name: "bob", roles: ["operate"], token: `${TOKEN}2` },
    { name: "cy@x", roles: ["read"], token: `${TOKEN}3` },
  ]);
});

for (
  const [wrong, words] of [
    ["ann:read:short", "16 to 256"],
    [`ann:read:${TOKEN}:x`, "16 to 256"],
    [`ann:boss:${TOKEN}`, "must name roles among read, operate, money, settings"],
    [`ann:internal:${TOKEN}`, "must name roles among"],
    [`:read:${TOKEN}`, "must begin each entry with a name"],
    [`a:read:${TOKEN},b:read:${TOKEN}`, "one token to two names"],
    [",", "must have an entry"],
  ] as const
) {
  Deno.test(`tokens "${wrong}" are refused without being shown`, () => {
    const said = complaint({ GOPOOL_CONTROL_TOKENS: wrong });
    assertStringIncludes(said, words);
    assertStringIncludes(said, "GOPOOL_CONTROL_TOKENS=(secret)");
    assert(!said.includes(TOKEN));
  });
}

Deno.test("beyond loopback there must be tokens, or certificates of callers", () => {
  const GOPOOL_CONTROL_LISTEN = "10.0.0.1:8201";
  assertStringIncludes(
    complaint({ GOPOOL_CONTROL_LISTEN }),
    "GOPOOL_CONTROL_LISTEN=10.0.0.1:8201 can be reached from other machines",
  );
  assertStringIncludes(complaint({ GOPOOL_CONTROL_LISTEN: ":8201" }), "0.0.0.0:8201 can be");
  read({ GOPOOL_CONTROL_LISTEN, GOPOOL_CONTROL_TOKENS: `a:read:${TOKEN}` });
  const tls = { GOPOOL_CONTROL_TLS_CERT: "c", GOPOOL_CONTROL_TLS_KEY: "k" };
  complaint({ GOPOOL_CONTROL_LISTEN, ...tls });
  read({ GOPOOL_CONTROL_LISTEN, ...tls, GOPOOL_CONTROL_CLIENT_CA: "ca" });
  for (const here of ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1"]) {
    read({ GOPOOL_CONTROL_LISTEN: here });
  }
});

Deno.test("rows about certificates that contradict each other are named", () => {
  assertStringIncludes(complaint({ GOPOOL_CONTROL_TLS_CERT: "c" }), "belong together");
  assertStringIncludes(complaint({ GOPOOL_CONTROL_CLIENT_CA: "c" }), "needs TLS");
  assertStringIncludes(complaint({ GOPOOL_CONTROL_CERT_ROLES: "a:read" }), "CLIENT_CA is missing");
  const { controlCertRoles } = read({
    GOPOOL_CONTROL_TLS_CERT: "c",
    GOPOOL_CONTROL_TLS_KEY: "k",
    GOPOOL_CONTROL_CLIENT_CA: "ca",
    GOPOOL_CONTROL_CERT_ROLES: "ann:read+operate",
  });
  assertEquals(controlCertRoles, [{ name: "ann", roles: ["read", "operate"] }]);
});

Deno.test("the token file is the one that is named, else one in the data folder", () => {
  assertEquals(tokenFileOf({}), "./data/control-token");
  assertEquals(tokenFileOf({ dataDir: "/var/pool" }), "/var/pool/control-token");
  assertEquals(tokenFileOf({ dataDir: "/var/pool", controlTokenFile: "/run/t" }), "/run/t");
});

Deno.test("the services' own token is nobody else's, and is not shown when it is", () => {
  const said = complaint({
    GOPOOL_CONTROL_TOKENS: `ann:read:${TOKEN}`,
    GOPOOL_INTERNAL_TOKEN: TOKEN,
  });
  assertStringIncludes(said, "GOPOOL_INTERNAL_TOKEN is also the token of ann");
  assert(!said.includes(TOKEN));
});
