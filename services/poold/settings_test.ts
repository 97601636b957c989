import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigError, HelpRequested, variablesOf } from "@gopool/config";
import { schema } from "./config.ts";
import { readSettings } from "./settings.ts";

const ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

function read(env: Record<string, string> = {}, args: readonly string[] = []) {
  return readSettings({ args, env: (name) => env[name], envNames: Object.keys(env) });
}

function problemsOf(env: Record<string, string>, args: readonly string[] = []): readonly string[] {
  return assertThrows(() => read(env, args), ConfigError).problems;
}

Deno.test("with no setting at all there is a simulated pool on loopback", () => {
  const config = read();
  assertEquals(config.nodeUrl, undefined);
  assertEquals(config.stratumListen, { host: "127.0.0.1", port: 3333 });
  assertEquals(config.dataDir, "./data");
});

Deno.test("a node without an address to pay to is refused", () => {
  assertEquals(problemsOf({ GOPOOL_NODE_URL: "http://u:p@127.0.0.1:8332" }), [
    "GOPOOL_POOL_ADDRESS is required with GOPOOL_NODE_URL: the address that the pool's coinbases pay to",
  ]);
});

Deno.test("a mistyped address is told before the node is asked", () => {
  const env = { GOPOOL_NODE_URL: "http://u:p@h:1", GOPOOL_POOL_ADDRESS: ADDRESS.replace("w", "x") };
  const [problem, ...more] = problemsOf(env);
  assertStringIncludes(problem!, "is an address of no network");
  assertEquals(more, []);
});

Deno.test("what belongs to a node is no setting without one", () => {
  const env = { GOPOOL_NODE_COOKIE: "/tmp/.cookie", GOPOOL_NODE_ZMQ: "tcp://127.0.0.1:28332" };
  assertEquals(problemsOf(env), [
    "GOPOOL_NODE_COOKIE is set, but no node: GOPOOL_NODE_URL is missing",
    "GOPOOL_NODE_ZMQ is set, but no node: GOPOOL_NODE_URL is missing",
  ]);
});

Deno.test("ZMQ addresses must be as many as nodes", () => {
  const [problem] = problemsOf({
    GOPOOL_NODE_URL: "http://u:p@a:1,http://u:p@b:1",
    GOPOOL_NODE_ZMQ: "tcp://a:2",
    GOPOOL_POOL_ADDRESS: ADDRESS,
  });
  assertStringIncludes(problem!, "1 ZMQ addresses are named for 2 nodes");
});

Deno.test("all mistakes are told at once: rows, pairs, flags and misspelt variables", () => {
  const problems = problemsOf({
    GOPOOL_NODE_URL: "http://u:p@127.0.0.1:8332",
    GOPOOL_STRATUM_LISTEN: "nowhere",
    GOPOOL_STRATUM_VARDIF: "off",
    GOPOOL_DEMO_MINER: "perhaps",
  }, ["--data-dirr=x"]);
  const text = problems.join("\n");
  for (
    const part of [
      "GOPOOL_STRATUM_LISTEN=",
      "GOPOOL_STRATUM_VARDIF: no such setting; did you mean GOPOOL_STRATUM_VARDIFF?",
      "GOPOOL_DEMO_MINER=",
      "--data-dirr: no such setting; did you mean --data-dir?",
      "GOPOOL_POOL_ADDRESS is required with GOPOOL_NODE_URL",
    ]
  ) assertStringIncludes(text, part);
  assertEquals(problems.length, 5);
});

Deno.test("a setting that is malformed is not called missing as well", () => {
  const problems = problemsOf({
    GOPOOL_NODE_URL: "http://u:p@h:1",
    GOPOOL_POOL_ADDRESS: "x".repeat(91),
  });
  assertEquals(problems.length, 1);
});

Deno.test("no complaint shows a password", () => {
  const text = problemsOf({ GOPOOL_NODE_URL: "http://user:hunter2@h:1,nonsense" }).join("\n");
  assertEquals(text.includes("hunter2"), false);
});

Deno.test("the help lists every setting with its flag, variable and default", () => {
  const { message } = assertThrows(() => read({}, ["--help"]), HelpRequested);
  const help = message.replaceAll(/\s+/g, " ");
  for (const variable of variablesOf(schema)) assertStringIncludes(help, variable);
  assertStringIncludes(help, "--simulated-node-port NUMBER");
  assertStringIncludes(help, "default 18453");
});
