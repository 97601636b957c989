import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { controlProblems, controlRows, readChecked, type Settings } from "@gopool/config";
import { Role } from "@gopool/proto/control";
import { FatalError, systemClock } from "@gopool/runtime";
import { captureLog, tempDir } from "@gopool/testing";
import { addressOf } from "./from_settings.ts";
import { machineToken } from "./token_file.ts";

const schema = controlRows("127.0.0.1:0");
const settings: Settings<typeof schema> = { schema, problems: controlProblems };
const WORD = "0123456789abcdef";

function config(env: Record<string, string>) {
  return readChecked("tried", settings, { args: [], env: (name) => env[name] });
}

function stand() {
  const capture = captureLog();
  return { capture, deps: { clock: systemClock, log: capture.log } };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}`, certificate: null });

Deno.test("without tokens there is one for this machine, in a file that only its user reads, the same at every start", async () => {
  await using folder = await tempDir();
  const { capture, deps } = stand();
  const dataDir = folder.join("missing", "data");
  const { access } = await addressOf({ ...config({}), dataDir }, deps);
  const path = `${dataDir}/control-token`;
  const token = (await Deno.readTextFile(path)).trim();
  assertMatch(token, /^[A-Za-z0-9_-]{43}$/);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  const roles = [Role.READ, Role.OPERATE, Role.MONEY, Role.SETTINGS];
  assertEquals(access.who(bearer(token)), { name: "local", roles });
  assert("refused" in access.who(bearer(WORD)));
  assertEquals(await machineToken(path, deps), token);
  assertEquals(capture.having(token), []);
  assert(!JSON.stringify(capture.lines).includes(token));
});

Deno.test("services that start at once agree on one token", async () => {
  await using folder = await tempDir();
  const { deps } = stand();
  const path = folder.join("token");
  const found = await Promise.all(Array.from({ length: 5 }, () => machineToken(path, deps)));
  assertEquals(new Set(found).size, 1);
});

Deno.test("a token file that is written a moment after it was made is waited for, one that stays empty is told", async () => {
  await using folder = await tempDir();
  const { deps } = stand();
  const path = folder.join("token");
  await Deno.writeTextFile(path, "");
  const reading = machineToken(path, deps);
  await Deno.writeTextFile(path, `${WORD}\n`);
  assertEquals(await reading, WORD);
  await Deno.writeTextFile(path, "two words");
  const error = await assertRejects(() => machineToken(path, deps), FatalError);
  assertStringIncludes(error.message, `${path} is none`);
  assert(!error.message.includes("two words"));
});

Deno.test("a token file that others can read, or a folder that nobody may write, is told", async () => {
  await using folder = await tempDir();
  const { capture, deps } = stand();
  const path = folder.join("token");
  await Deno.writeTextFile(path, WORD);
  await Deno.chmod(path, 0o644);
  assertEquals(await machineToken(path, deps), WORD);
  assertEquals(capture.having("can be read by other users").length, 1);
  const error = await assertRejects(() => machineToken(`${path}/below`, deps), FatalError);
  assertStringIncludes(error.message, "GOPOOL_CONTROL_TOKEN_FILE");
});

Deno.test("tokens and the pool's own are known by their names, and no file is made beside them", async () => {
  await using folder = await tempDir();
  const { deps } = stand();
  const env = {
    GOPOOL_CONTROL_TOKENS: `ann:read+money:${WORD}1`,
    GOPOOL_INTERNAL_TOKEN: `${WORD}2`,
  };
  const { access, tls } = await addressOf({ ...config(env), dataDir: folder.path }, deps);
  assertEquals(access.who(bearer(`${WORD}1`)), { name: "ann", roles: [Role.READ, Role.MONEY] });
  assertEquals(access.who(bearer(`${WORD}2`)), { name: "pool", roles: [Role.INTERNAL] });
  assertEquals([tls, [...Deno.readDirSync(folder.path)]], [undefined, []]);
});

Deno.test("certificates are read, and one that cannot be is named with its setting", async () => {
  await using folder = await tempDir();
  const { deps } = stand();
  for (const name of ["cert", "key", "ca"]) await Deno.writeTextFile(folder.join(name), name);
  const env = {
    GOPOOL_CONTROL_TOKENS: `a:read:${WORD}`,
    GOPOOL_CONTROL_TLS_CERT: folder.join("cert"),
    GOPOOL_CONTROL_TLS_KEY: folder.join("key"),
    GOPOOL_CONTROL_CLIENT_CA: folder.join("ca"),
    GOPOOL_CONTROL_CERT_ROLES: "bob:operate",
  };
  const { tls, access } = await addressOf(config(env), deps);
  assertEquals(tls, { cert: "cert", key: "key", clientCa: "ca" });
  assertEquals(access.who({ authorization: null, certificate: "bob" }), {
    name: "bob",
    roles: [Role.OPERATE],
  });
  const missing = { ...env, GOPOOL_CONTROL_TLS_KEY: folder.join("nowhere") };
  const error = await assertRejects(() => addressOf(config(missing), deps), FatalError);
  assertStringIncludes(error.message, "GOPOOL_CONTROL_TLS_KEY");
});
