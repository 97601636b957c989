import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Config, variablesOf } from "@gopool/config";
import { installed } from "@gopool/ledger/programs";
import { tempDir } from "@gopool/testing";
import { schema } from "../config.ts";
import { readSettings } from "../settings.ts";
import { topicsSchema } from "../topics/settings.ts";
import { envFlags, flagsOf as flagsFor, permissionsOf } from "./flags.ts";
import { notAnothers, runArgumentsOf } from "./mod.ts";
import { fromRoot, pooldNeeds, topicsNeeds } from "./needs.ts";

/** With a ledger elsewhere: what the embedded one needs is told by a test of its own. */
const LEDGER = { GOPOOL_LEDGER_URL: "postgres://u:p@10.0.0.9/books" };
/** Places of health and control, told by a test of their own. */
const OWN = new Set(["127.0.0.1:8100", "127.0.0.1:8200"]);
const MIGRATIONS = fromRoot("services/shared/ledger/migrations");

function flagsOf(given: Record<string, string>): Map<string, string> {
  const env: Record<string, string> = { ...LEDGER, ...given };
  const read = (name: string) => env[name];
  return parsed(flagsFor(permissionsOf(pooldNeeds(readSettings({ args: [], env: read }), read))));
}

function parsed(flags: readonly string[]): Map<string, string> {
  return new Map(flags.map((flag) => {
    const [, name, value] = /^--allow-(\w+)=(.+)$/.exec(flag) ?? [];
    assert(name !== undefined && value !== undefined, `${flag} names nothing`);
    return [name, value.split(",").filter((one) => !OWN.has(one)).join(",")];
  }));
}

const REAL = {
  GOPOOL_NODE_URL: "http://u:p@10.0.0.5:8332,https://u:p@node.example,http://u:p@[::1]:18443",
  GOPOOL_POOL_ADDRESS: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
};

Deno.test("hosts and ports are those of the settings, no more", () => {
  assertEquals(
    flagsOf({}).get("net"),
    "127.0.0.1:3333,10.0.0.9:5432,127.0.0.1:8080,127.0.0.1:18453",
  );
  const env = { ...REAL, GOPOOL_STRATUM_LISTEN: "0.0.0.0:3334" };
  assertEquals(
    flagsOf(env).get("net"),
    "10.0.0.5:8332,node.example:443,[::1]:18443,0.0.0.0:3334,10.0.0.9:5432,127.0.0.1:8080",
  );
});

Deno.test("health and control are answered where their settings say, and nowhere else", () => {
  const read = (given: Record<string, string>) => (name: string) => ({ ...LEDGER, ...given })[name];
  const listens = (given: Record<string, string>) =>
    permissionsOf(pooldNeeds(readSettings({ args: [], env: read(given) }), read(given)))
      .filter(({ because }) =>
        because.includes("GOPOOL_HEALTH") || because.includes("GOPOOL_CONTR")
      )
      .map(({ kind, what, because }) => `${kind} ${what} ${because}`);
  assertEquals(listens({}), [
    "net 127.0.0.1:8100 to listen: GOPOOL_HEALTH_LISTEN",
    "net 127.0.0.1:8200 to listen: GOPOOL_CONTROL_LISTEN",
  ]);
  const tls = { GOPOOL_CONTROL_TLS_CERT: "/c.pem", GOPOOL_CONTROL_TLS_KEY: "/k.pem" };
  assertEquals(listens({ GOPOOL_CONTROL_LISTEN: "[::1]:9", ...tls }).slice(1), [
    "net [::1]:9 to listen: GOPOOL_CONTROL_LISTEN",
    "read /c.pem GOPOOL_CONTROL_TLS_CERT",
    "read /k.pem GOPOOL_CONTROL_TLS_KEY",
  ]);
});

Deno.test("the control token's file is all that a service without a folder may write, its folder where that is missing", async () => {
  await using folder = await tempDir();
  const writes = (given: Record<string, string>) => {
    const env: Record<string, string> = { GOPOOL_BUS_URL: "memory:", ...given };
    const flags = runArgumentsOf("shareproc", { args: [], env: (name) => env[name] });
    return flags.flatMap((flag) => /^--allow-write=(.+)$/.exec(flag)?.[1] ?? []);
  };
  const file = folder.join("token");
  assertEquals(writes({ GOPOOL_CONTROL_TOKEN_FILE: file }), [file]);
  const missing = folder.join("missing", "token");
  assertEquals(writes({ GOPOOL_CONTROL_TOKEN_FILE: missing }), [folder.join("missing")]);
  assertEquals(writes({ GOPOOL_CONTROL_TOKENS: "a:read:0123456789abcdef" }), []);
});

Deno.test("the demo miner reaches the gateway where it listens", () => {
  const net = (listen: string) => flagsOf({ GOPOOL_STRATUM_LISTEN: listen }).get("net");
  assertEquals(
    net("0.0.0.0:3334"),
    "0.0.0.0:3334,10.0.0.9:5432,127.0.0.1:8080,127.0.0.1:18453,127.0.0.1:3334",
  );
  assertEquals(
    net("[::]:3334"),
    "[::]:3334,10.0.0.9:5432,127.0.0.1:8080,127.0.0.1:18453,[::1]:3334",
  );
  assertEquals(
    net("192.168.1.4:3334"),
    "192.168.1.4:3334,10.0.0.9:5432,127.0.0.1:8080,127.0.0.1:18453",
  );
  assertEquals(net("127.0.0.1:0"), "127.0.0.1,10.0.0.9:5432,127.0.0.1:8080,127.0.0.1:18453");
});

Deno.test("writing is allowed in the data folder and beside a log that lies elsewhere", () => {
  const write = (env: Record<string, string>) => flagsOf(env).get("write");
  assertEquals(write({}), "./data");
  assertEquals(write({ GOPOOL_DATA_DIR: "/var/a,b" }), "/var/a,,b");
  const elsewhere = (url: string) => write({ GOPOOL_DATA_DIR: "/d", GOPOOL_BUS_URL: url });
  assertEquals(elsewhere("sqlite:/else where/bus.db"), "/else where,/d");
  assertEquals(elsewhere("sqlite:///else/bus.db"), "/else,/d");
  assertEquals(elsewhere("sqlite:./log/bus.db"), "./log,/d");
  assertEquals(elsewhere("memory:"), "/d");
});

Deno.test("code is read by the demo miner's worker only, FFI is for ZMQ only", () => {
  assertEquals(flagsOf(REAL).get("read"), `./data,${MIGRATIONS}`);
  assertEquals(flagsOf(REAL).has("ffi"), false);
  const zmq = flagsOf({
    ...REAL,
    GOPOOL_NODE_URL: "http://u:p@10.0.0.5:8332",
    GOPOOL_NODE_ZMQ: "tcp://10.0.0.5:28332",
  });
  const addon = zmq.get("ffi")!;
  assertMatch(addon, /\/zeromq@[\d.]+\/node_modules\/zeromq\/build$/);
  assertEquals(zmq.get("read"), `/etc/alpine-release,${addon},./data,${MIGRATIONS}`);
});

Deno.test("the cookie and the files of secrets can be read", () => {
  const env: Record<string, string> = {
    GOPOOL_NODE_URL: "http://10.0.0.5:8332",
    GOPOOL_POOL_ADDRESS: REAL.GOPOOL_POOL_ADDRESS,
    GOPOOL_NODE_COOKIE: "/home/b/.cookie",
    GOPOOL_STATE_URL_FILE: "/run/secrets/state",
    GOPOOL_LEDGER_CA: "/etc/ledger.pem",
    GOPOOL_LEDGER_PASSWORD_FILE: "/run/secrets/ledger",
    GOPOOL_LEDGER_URL: "postgres://u@10.0.0.9/books?sslmode=verify-full",
  };
  const read = (name: string) => env[name];
  const config = readSettings({ args: [], env: read, readFile: () => "memory:" });
  assertEquals(
    parsed(flagsFor(permissionsOf(pooldNeeds(config, read)))).get("read"),
    `/run/secrets/state,/home/b/.cookie,./data,/run/secrets/ledger,/etc/ledger.pem,${MIGRATIONS}`,
  );
});

Deno.test("the embedded ledger runs three programs, keeps to its folder, and is reached on its port", async () => {
  await using folder = await tempDir();
  const env: Record<string, string> = {
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_LEDGER_PORT: "15433",
    GOPOOL_DEMO_MINER: "off",
  };
  const read = (name: string) => env[name];
  const flags = () =>
    parsed(flagsFor(permissionsOf(pooldNeeds(readSettings({ args: [], env: read }), read))));
  const programs = `${installed()!.folder}/bin`;
  const run = ["initdb", "pg_ctl", "postgres"];
  assertEquals(flags().get("run"), run.map((name) => `${programs}/${name}`).join());
  assertEquals(flags().get("net"), "127.0.0.1:3333,127.0.0.1:8080,127.0.0.1:15433,127.0.0.1:18453");
  assertEquals(flags().get("write"), `${folder.path},${folder.path}/ledger`);

  // Where it stands elsewhere, that is what its note says.
  await Deno.mkdir(folder.join("ledger"));
  const home = { elsewhere: "/else/where", programs: "/pro,grams", uid: 65_534 };
  await Deno.writeTextFile(folder.join("ledger", "home.json"), JSON.stringify(home));
  assertEquals(flags().get("run"), run.map((name) => `/pro,,grams/bin/${name}`).join());
  assertEquals(flags().get("write"), `${folder.path},/else/where`);
});

Deno.test("variables are the table's, and the one that Deno asks for on a terminal", () => {
  const [allow, ignore] = envFlags(schema);
  assertEquals(
    new Set(allow!.slice("--allow-env=".length).split(",")),
    new Set([...variablesOf(schema), "NO_COLOR"]),
  );
  assertEquals(ignore, "--ignore-env");
});

Deno.test("the topics tool may touch the log's folder and nothing else", () => {
  const config = { dataDir: "/d", busUrl: "sqlite:/log/bus.db" };
  const topics = (...args: string[]) =>
    topicsNeeds(topicsSchema, config as Config<typeof topicsSchema>, {
      args,
      env: () => undefined,
    });
  const flags = parsed(flagsFor(permissionsOf(topics("list", "--to", "/elsewhere"))));
  assertEquals(flags.get("read"), "/log");
  assertEquals(flags.get("write"), "/log");
  assertEquals([...flags.keys()].toSorted(), ["read", "write"]);
  for (const to of [["--to", "/archive"], ["--to=/archive"]]) {
    const archiving = parsed(flagsFor(permissionsOf(topics("archive", ...to))));
    assertEquals(archiving.get("write"), "/log,/archive");
  }
});

Deno.test("the ledger tool may touch books, log and node, what its arguments name, and no key", () => {
  const env: Record<string, string> = {
    GOPOOL_LEDGER_URL: "postgres://u:p@db.example:5432/books",
    GOPOOL_BUS_URL: "kafka://b.example:9092",
    GOPOOL_NODE_URL: "http://u:p@node.example:8332",
    GOPOOL_PAYOUTD_SIGNER: "key-file",
    GOPOOL_PAYOUTD_KEY_FILE: "/secret/key",
  };
  const flags = (...args: string[]) =>
    parsed(
      runArgumentsOf("ledger", { args, env: (name) => env[name] })
        .filter((flag) => /^--allow-(net|read|write|run)=/.test(flag)),
    );
  const looking = flags("balances");
  assertEquals(looking.get("net"), "db.example:5432,b.example:9092,node.example:8332");
  assertEquals([looking.get("write"), looking.get("read")?.includes("secret")], [undefined, false]);
  const rebuilding = flags(
    "rebuild",
    "--check",
    "--archive",
    "/a",
    "--scratch=/s",
    "--old-bus",
    "sqlite:/o/bus.db",
  );
  assertEquals(rebuilding.get("write"), "/s,/o");
  assertEquals(rebuilding.get("read")?.split(",").slice(-3), ["/s", "/a", "/o"]);
});

Deno.test("what is another program's setting is not misspelt, what is nobody's may be", () => {
  assertEquals(notAnothers(["GOPOOL_STATE_CA", "GOPOOL_NODE_URL_FILE", "GOPOOL_BUS_ULR", "HOME"]), [
    "GOPOOL_BUS_ULR",
    "HOME",
  ]);
});

Deno.test("the launcher may neither write nor reach the network", async () => {
  const { permissions } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  );
  assertEquals(permissions.launch, { env: true, read: true });
});
