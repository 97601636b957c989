import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openBus } from "@gopool/bus";
import { displayHash } from "@gopool/chain";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { addressOf, buildBooks, type Built } from "@gopool/payoutd/books/fixture";
import { systemClock } from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { type Ended, runTask } from "../child_fixture.ts";
import { runTool } from "./tool.ts";

interface Stand extends AsyncDisposable {
  readonly ledger: FreshLedger;
  readonly built: Built;
  /** In this process: what it prints, what it complains of, its exit code. */
  run(...args: readonly string[]): Promise<Ended>;
  /** As a task of its own, under its permissions. */
  task(...args: readonly string[]): Promise<Ended>;
  /** Its lines as JSON; fails where it does not end with 0. */
  json(...args: readonly string[]): Promise<Record<string, unknown>[]>;
}

/** Books with a bit of everything, and an empty log beside them. */
async function stand(): Promise<Stand> {
  const stack = new AsyncDisposableStack();
  const ledger = stack.use(await freshLedger());
  const folder = stack.use(await tempDir());
  stack.use(await openBus(`sqlite:${folder.path}/bus.db`, { clock: systemClock }));
  const built = await buildBooks(ledger);
  const env: Record<string, string> = {
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_LEDGER_URL: ledger.url,
  };
  const run = async (...args: readonly string[]) => {
    let stdout = "", stderr = "";
    const code = await runTool(args, {
      env: (name) => env[name],
      clock: systemClock,
      signal: new AbortController().signal,
      print: (line) => void (stdout += `${line}\n`),
      complain: (line) => void (stderr += `${line}\n`),
    });
    return { code, stdout, stderr };
  };
  return {
    ledger,
    built,
    run,
    task: (...args) => runTask("ledger", args, env),
    async json(...args) {
      const { code, stdout, stderr } = await run(...args, "--json");
      assertEquals([code, stderr], [0, ""], args.join(" "));
      return stdout.trim().split("\n").filter((line) => line !== "").map((line) =>
        JSON.parse(line)
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const BY = ["--operator", "Ada", "--reason", "a test"];

Deno.test("the tool says what is in the books, as tables and as JSON", async () => {
  await using it = await stand();
  const { built } = it;
  const balances = await it.json("balances");
  const wallet = balances.find(({ account }) => account === "wallet");
  assertEquals(wallet, { account: "wallet", immature: "0", mature: "-4999699700" });
  const table = await it.run("balances", "--limit", "1");
  assertEquals(table.stdout.split("\n")[0]!.split(/ +/), ["account", "immature", "mature"]);

  const blocks = await it.json("blocks");
  assertEquals(blocks.map(({ height, state }) => [height, state]), [
    [12, "confirmed"],
    [11, "confirmed"],
    [10, "mature"],
  ]);
  const [block] = await it.json("block", displayHash(built.immature));
  assertEquals((block!.credits as unknown[]).length, 3);
  const credits = await it.json("entries", "--block", displayHash(built.mature));
  assertEquals(credits.filter(({ kind }) => kind === "credit").length, 6);
  const page = await it.json("entries", "--limit", "2", "--after", "1");
  assertEquals(page.map(({ transfer }) => transfer), ["2", "2"]);
  const [account] = await it.json("account", addressOf(1));
  assertEquals(account!.paid, "100000");
  const [payouts] = await it.json("payouts", "list");
  assertEquals((payouts!.payouts as { state: string }[])[0]!.state, "confirmed");
  assertEquals((await it.json("logs")).length, 2);
  assertEquals((await it.json("scheme")).map(({ scheme }) => scheme), ["pplns", "pps", "pplns"]);
  assertEquals(await it.json("fee"), [{ account: "the pool", fee: 100, donation: 50 }]);
  assertEquals((await it.json("reserve"))[0]!.mature, "-12");
  for (const empty of ["deadletters", "unknown", "reconciliation"]) {
    assertEquals(await it.json(empty), [], empty);
  }
});

Deno.test("verify ends with 0 where all is right, and names what is broken and ends with 1", async () => {
  await using it = await stand();
  const good = await it.task("verify");
  assertEquals([good.code, good.stderr], [0, ""]);
  assertStringIncludes(good.stdout, "all is right");
  await it.ledger.ask("UPDATE balance SET sats = sats + 1 WHERE account_id = 1 AND bucket = 1");
  const bad = await it.task("verify");
  assertEquals([bad.code, bad.stderr], [1, ""]);
  assertStringIncludes(bad.stdout, "I5: transfer");
  assertStringIncludes(bad.stdout, "2 problems");
});

Deno.test("what an operator changes is kept with who and why", async () => {
  await using it = await stand();
  const done = async (...args: readonly string[]) => {
    const { code, stderr, stdout } = await it.run(...args, ...BY);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    return stdout;
  };
  await done("adjust", "--account", addressOf(1), "--sats", "-70");
  await done("scheme", "set", "solo", "--window", "2.5");
  await done("fee", "set", "--account", addressOf(2), "--fee", "0");
  await done("reserve", "move", "--sats", "1000");
  await done("payouts", "pause");
  await done("payouts", "resume");
  const kinds = await it.ledger.ask(
    "SELECT kind FROM adjustment WHERE operator = 'Ada' AND reason = 'a test' ORDER BY id",
  );
  assertEquals(kinds.map(({ kind }) => kind), [
    "adjust",
    "scheme",
    "fee",
    "reserve",
    "payout_pause",
    "payout_resume",
  ]);
  const [last] = (await it.json("entries", "--account", "operator")).slice(-1);
  assertEquals([last!.sats, last!.cause], ["-1000", "Ada: a test"]);
  const audit = await it.ledger.ask(
    "SELECT who, method, reason, before, after FROM audit ORDER BY id",
  );
  assertEquals(audit.map(({ method }) => method), [
    "ledger adjust",
    "ledger scheme set",
    "ledger fee set",
    "ledger reserve move",
    "ledger payouts pause",
    "ledger payouts resume",
  ]);
  assert(audit.every(({ who, reason }) => who === "Ada" && reason === "a test"));
  const { before, after } = audit[0] as Record<string, Record<string, string>>;
  assertEquals(BigInt(after!.mature!) - BigInt(before!.mature!), -70n);
  const coin = (await it.json("coins")).find(({ state }) => state === "mature")!;
  await done("coins", "write-off", String(coin.coin));
  const right = await it.run("verify");
  assertEquals(right.code, 0, right.stdout);
});

Deno.test("mistakes end it with code 2, refusals with 1, each with a sentence", async () => {
  await using it = await stand();
  const told = async (code: number, words: string, ...args: readonly string[]) => {
    const ended = await it.run(...args);
    assertEquals([ended.code, ended.stdout], [code, ""], args.join(" "));
    assertStringIncludes(ended.stderr, words);
    assert(!ended.stderr.includes("    at "), ended.stderr);
  };
  await told(2, "unknown command 'frobnicate'", "frobnicate");
  await told(2, "required option '--operator <name>'", "adjust", "--account", "fee", "--sats", "5");
  await told(
    2,
    "It must be a whole number of satoshis",
    "adjust",
    "--account",
    "fee",
    "--sats",
    "0.5",
    ...BY,
  );
  await told(2, "It must not be empty", "payouts", "pause", "--operator", "", "--reason", "x");
  await told(2, "It must be a block's hash", "block", "abc");
  await told(1, "The books have no account nobody", "account", "nobody");
  await told(
    1,
    "it is not adjusted by hand",
    "adjust",
    "--account",
    "wallet",
    "--sats",
    "5",
    ...BY,
  );
  await told(2, "It must be a txid", "coins", "write-off", "x", ...BY);
  await told(1, "Cannot write the coin off", "coins", "write-off", `${"00".repeat(32)}:0`, ...BY);
  await told(1, "There is no payout 77", "payouts", "approve", "77", ...BY);
  await told(1, "cannot change at", "scheme", "set", "solo", "--at", "2026-01-01T00:00:00Z", ...BY);
  await told(1, "malformed", "request", "--text", "x", "--signature", "y");
  await told(1, "name it with --old-bus", "begin", ...BY);
  await told(1, "neither an archive nor a bus", "rebuild", "--check", "--no-chain");
  await told(1, "There is no archive at", "rebuild", "--check", "--archive", "/nowhere");
});

Deno.test("a folder without books is told so, and nothing is made in it", async () => {
  await using folder = await tempDir();
  const dataDir = folder.join("nothing");
  const { code, stdout, stderr } = await runTask("ledger", ["balances"], {
    GOPOOL_DATA_DIR: dataDir,
  });
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, `There is no ledger under ${dataDir} yet`);
  assert(!await Deno.stat(dataDir).then(() => true, () => false));
});
