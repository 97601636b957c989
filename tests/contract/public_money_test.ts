/**
 * Blocks, payouts and a miner's money over REST, as books that payoutd's own functions made have them; and settings that
 * miners change.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createSettingsForward } from "@gopool/apiserver/books";
import { displayHash, type Hash } from "@gopool/chain";
import { createAccess, serveControl } from "@gopool/control";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { parseRequest, requestText } from "@gopool/ledger/clients";
import { LedgerUnavailable } from "@gopool/ledger";
import { noteTerms } from "@gopool/ledger/terms";
import { addressOf, buildBooks, type Built, START_MS } from "@gopool/payoutd/books/fixture";
import {
  HOUR_MS,
  type Miner,
  minerOf,
  NOW_MS,
  openBooks,
  POOL,
  RULES,
  signedBy,
  THRESHOLD_SATS,
} from "@gopool/payoutd/clients/fixture";
import { createClientRpc, requestsBy } from "@gopool/payoutd/rpc_clients";
import { ClientService, Role } from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { SeriesUnavailable } from "@gopool/series";
import { FakeClock } from "@gopool/testing";
import { publicApi, READS } from "./public_api.ts";

async function withBooks(
  work: (api: ReturnType<typeof publicApi>, built: Built, ledger: FreshLedger) => Promise<void>,
) {
  await using ledger = await freshLedger();
  const built = await buildBooks(ledger);
  await using own = await ledger.again(READS);
  const efforts = new Map([[displayHash(built.mature as Hash), 0.75]]);
  const effortOf = () => Promise.resolve(efforts);
  await work(
    publicApi({ ledger: own, clock: new FakeClock(START_MS), effortOf, finders: "short" }),
    built,
    ledger,
  );
}

Deno.test("blocks are told newest first, with efforts where they are known and finders as the operator says", () =>
  withBooks(async ({ get }, built) => {
    const { status, body } = await get("/blocks?page_size=2");
    assertEquals(status, 200);
    assertEquals(body.freshness.missing, []);
    const rest = (await get(`/blocks?page_size=2&page_token=${body.nextPageToken}`)).body;
    const all = [...body.blocks, ...rest.blocks];
    assertEquals(all.map(({ height }) => height), [12, 11, 10]);
    assertEquals(rest.nextPageToken, "");
    const mature = all.at(-1);
    assertEquals(mature, {
      hash: displayHash(built.mature as Hash),
      height: 10,
      foundAt: "2026-01-01T00:30:00.001Z",
      state: "BLOCK_STATE_MATURE",
      confirmations: 100,
      rewardSats: "5000000000",
      effort: 0.75,
      networkDifficulty: 1,
      finder: `${addressOf(1).slice(0, 8)}…${addressOf(1).slice(-5)}`,
      worker: "",
      scheme: "PPLNS",
    });
    assertEquals("effort" in all[0], false);
    const one = (await get(`/blocks/${mature.hash.toUpperCase()}`)).body;
    assertEquals(one.block, mature);
    assertEquals(
      [one.feeSats, one.donationSats, one.accounts, one.waitsFor, one.settledAt],
      ["50000000", "24750000", 3, "", "2026-01-01T00:30:00.001Z"],
    );
  }));

Deno.test("credits, fee and donation of every page add up to the block", () =>
  withBooks(async ({ get }, built) => {
    for (const hash of [built.mature, built.immature, built.returned]) {
      const path = `/blocks/${displayHash(hash)}/split?page_size=1`;
      let sum = 0n;
      let credits = 0;
      let paid = 0n;
      for (let token = "";;) {
        const { body } = await get(`${path}&page_token=${token}`);
        for (const credit of body.credits) {
          sum += BigInt(credit.sats);
          paid += BigInt(credit.paidInCoinbaseSats);
          credits++;
        }
        token = body.nextPageToken;
        if (token !== "") continue;
        assertEquals(sum + BigInt(body.feeSats) + BigInt(body.donationSats), 5_000_000_000n);
        assertEquals([body.rewardSats, body.scheme, credits], ["5000000000", "PPLNS", 3]);
        assertMatch(body.rule, /last X blocks' worth of work/);
        break;
      }
      assertEquals(paid, hash === built.immature ? 1_000n : 0n);
    }
  }));

Deno.test("payouts, and what one miner was paid, name the transaction", () =>
  withBooks(async ({ get }, built) => {
    const { body } = await get("/payouts");
    assertEquals(body.payouts.length, 1);
    const [payout] = body.payouts;
    assertMatch(payout.txid, /^[0-9a-f]{64}$/);
    assertEquals({ ...payout, txid: "" }, {
      id: String(built.payout),
      at: "2026-01-01T00:00:00Z",
      state: "PAYOUT_STATE_CONFIRMED",
      sats: "300000",
      accounts: 2,
      feeSats: "300",
      txid: "",
    });
    const own = (await get(`/miners/${addressOf(1)}/payouts`)).body;
    assertEquals(own.payouts, [{
      id: payout.id,
      at: payout.at,
      state: payout.state,
      sats: "100000",
      feeSats: "0",
      txid: payout.txid,
    }]);
    assertEquals((await get(`/miners/${addressOf(3)}/payouts`)).body.payouts, []);
  }));

Deno.test("what a miner earned, has and was paid add up, and are what the ledger's accounts say", () =>
  withBooks(async ({ get, books }, _, ledger) => {
    for (const miner of [1, 2, 3]) {
      const money = (await books.miner(addressOf(miner)))!;
      const { body } = await get(`/miners/${addressOf(miner)}/earnings?days=366`);
      const earned = body.days.reduce(
        (all: bigint, { sats }: { sats: string }) => all + BigInt(sats),
        0n,
      );
      assertEquals(earned, money.immatureSats + money.matureSats + money.paidSats);
      const [row] = await ledger.ask<{ sats: bigint }>(
        "SELECT sum(sats)::bigint AS sats FROM balance JOIN account ON id = account_id WHERE name = $1",
        [addressOf(miner)],
      );
      assertEquals(money.immatureSats + money.matureSats, BigInt(row!.sats));
      assertEquals(money.paidSats, [100_000n, 200_000n, 1_000n][miner - 1]);
    }
  }));

Deno.test("what is not there is 404, what is malformed 400, each with a sentence", () =>
  withBooks(async ({ get }) => {
    const cases = [
      ["/blocks/" + "ab".repeat(32), 404, "not_found", "The pool has found no block abab"],
      ["/blocks/" + "ab".repeat(32) + "/split", 404, "not_found", "The pool has found no block"],
      ["/blocks/xyz", 400, "invalid_argument", ""],
      ["/blocks?page_token=1.2", 400, "invalid_argument", "is none of these answers'"],
      ["/blocks?page_token=1.2.3", 400, "invalid_argument", "is none of these answers'"],
      ["/payouts?page_token=-1", 400, "invalid_argument", "is none of these answers'"],
      [`/miners/${addressOf(9)}/payouts`, 404, "not_found", "know nobody by"],
      [`/miners/${addressOf(9)}/earnings`, 404, "not_found", "know nobody by"],
      [`/miners/${addressOf(9)}/settings`, 404, "not_found", "know nobody by"],
      ["/miners/reserve/earnings", 400, "invalid_argument", ""],
      ["/miners/bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4/settings", 400, "invalid_argument", ""],
    ] as const;
    for (const [path, status, code, words] of cases) {
      const answer = await get(path);
      assertEquals([answer.status, answer.body.code], [status, code], path);
      assert(answer.body.message.includes(words), `${path}: ${answer.body.message}`);
    }
  }));

Deno.test("with the books away every question about money is 503, and tells nobody where they are", async () => {
  const ledger = {
    transaction: () =>
      Promise.reject(new LedgerUnavailable("connect ECONNREFUSED 10.0.0.7", false)),
  };
  const { get } = publicApi({ ledger, clock: new FakeClock(START_MS) });
  const hash = "ab".repeat(32);
  const miner = `/miners/${addressOf(1)}`;
  const asked = [
    "/blocks",
    `/blocks/${hash}`,
    `/blocks/${hash}/split`,
    "/payouts",
    `${miner}/payouts`,
    `${miner}/earnings`,
    `${miner}/settings`,
  ];
  for (const path of asked) {
    const { status, body } = await get(path);
    assertEquals([status, body.code], [503, "unavailable"], path);
    assertEquals(body.message, "The pool's books cannot be read now: ask again in a moment");
  }
});

Deno.test("with statistics away blocks are told all the same, and what is missing is named", () =>
  withBooks(async (_, __, ledger) => {
    await using own = await ledger.again(READS);
    const effortOf = () => Promise.reject(new SeriesUnavailable("10.0.0.8 is away"));
    const { get } = publicApi({ ledger: own, clock: new FakeClock(START_MS), effortOf });
    const { status, body } = await get("/blocks");
    assertEquals([status, body.blocks.length, body.freshness.stale], [200, 3, true]);
    assertEquals(body.freshness.missing.map(({ part }: { part: string }) => part), ["statistics"]);
    assert(!JSON.stringify(body).includes("10.0.0.8"));
  }));

const clock = () => new FakeClock(NOW_MS);

/** payoutd's service behind a real server, and the public API that hands requests on to it. */
async function settingsStand(token = "token-web") {
  const stack = new AsyncDisposableStack();
  const ledger = stack.use(await freshLedger());
  const anna = minerOf(1);
  await openBooks(ledger, [anna]);
  await ledger.transaction((tx) =>
    noteTerms(tx, {
      thresholdSats: THRESHOLD_SATS,
      leastThresholdSats: RULES.leastThresholdSats,
      addressDelayMs: RULES.addressDelayMs,
      maturity: 100,
      feePayer: "pool",
    }, NOW_MS)
  );
  const server = stack.use(
    await serveControl({
      listen: { host: "127.0.0.1", port: 0 },
      serves: [ClientService],
      access: createAccess({
        tokens: [{ name: "web", token: "token-web", roles: [Role.SETTINGS] }],
      }),
      ready: () => true,
      record: () => {},
      clock: systemClock,
      log: silent,
    }),
  );
  const deps = { network: "regtest", clock: clock(), rules: RULES, ledger } as const;
  server.provide(ClientService, createClientRpc({ ...deps, thresholdSats: THRESHOLD_SATS }));
  const url = `http://127.0.0.1:${server.port}`;
  const forward = stack.use(createSettingsForward({ url, token, timeoutMs: 20_000 }));
  const own = stack.use(await ledger.again(READS));
  const api = publicApi({ ledger: own, clock: clock(), applyRequest: forward.apply });
  return {
    ledger,
    anna,
    server,
    api,
    deps,
    own,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The example of the API's answer with another setting, signed. */
function signedExample(
  miner: Miner,
  example: string,
  setting: "threshold" | "payout-address",
  value: string,
) {
  const { text: message, signature } = signedBy(
    miner,
    requestText({ ...parseRequest(example)!, setting, value }),
  );
  return { message, signature };
}

Deno.test("a miner reads its settings, signs the example with a value of its own, and it is followed once", async () => {
  await using it = await settingsStand();
  const { anna, api } = it;
  const path = `/miners/${anna.address}/settings`;
  const before = (await api.get(path)).body;
  assertEquals(
    [before.payoutThresholdSats, before.payoutAddress, before.pendingPayoutAddress],
    [String(THRESHOLD_SATS), anna.address, ""],
  );
  assertEquals(
    [before.feeBasisPoints, before.leastThresholdSats, before.addressDelaySeconds],
    [100, "10000", RULES.addressDelayMs / 1_000],
  );
  const example = parseRequest(before.messageExample)!;
  assertEquals(
    [example.pool, example.network, example.account, BigInt(`0x${example.nonce}`)],
    ["gopool", "regtest", anna.address, BigInt(before.nextNonce)],
  );
  const request = signedExample(anna, before.messageExample, "threshold", "25000");
  const told = await api.post(path, request);
  assertEquals([told.status, told.body], [200, {
    changes: [`It was default, it is 25000 from ${iso(NOW_MS)} on.`],
  }]);
  const again = await api.post(path, request);
  assertEquals(again.status, 200);
  assert(again.body.changes[0].endsWith("nothing was done now."));
  const after = (await api.get(path)).body;
  assertEquals(after.payoutThresholdSats, "25000");
  assert(BigInt(after.nextNonce) > BigInt(before.nextNonce));

  const cold = minerOf(2, "p2tr");
  const moved = signedExample(anna, after.messageExample, "payout-address", cold.address);
  assertEquals((await api.post(path, moved)).status, 200);
  const pending = (await api.get(path)).body;
  assertEquals(
    [pending.payoutAddress, pending.pendingPayoutAddress, pending.pendingFrom],
    [anna.address, cold.address, iso(NOW_MS + RULES.addressDelayMs)],
  );
});

Deno.test("what payoutd refuses is told in its own words, with a code that says what kind it is", async () => {
  await using it = await settingsStand();
  const { anna, api } = it;
  const path = `/miners/${anna.address}/settings`;
  const { messageExample: example } = (await api.get(path)).body;
  const thief = minerOf(66);
  const refused = async (body: { message: string; signature: string }) => {
    const { status, body: { code, message } } = await api.post(path, body);
    return [status, code, message] as const;
  };
  const stolen = await refused(signedExample(thief, example, "threshold", "30000"));
  assertEquals(stolen.slice(0, 2), [403, "permission_denied"]);
  assertMatch(stolen[2], /is not signed by/);
  const low = await refused(signedExample(anna, example, "threshold", "1"));
  assertEquals(low.slice(0, 2), [400, "invalid_argument"]);
  assertMatch(low[2], /whole number of satoshis from 10000 on/);
  const garbled = await refused({ message: "please pay me more", signature: "AAAA" });
  assertEquals(garbled.slice(0, 2), [400, "invalid_argument"]);
  const late = signedBy(
    anna,
    requestText({ ...parseRequest(example)!, expiresAtMs: NOW_MS - HOUR_MS }),
  );
  const expired = await refused({ message: late.text, signature: late.signature });
  assertEquals(expired.slice(0, 2), [400, "failed_precondition"]);
  const stranger = signedBy(
    thief,
    requestText({ ...parseRequest(example)!, account: thief.address }),
  );
  const unknown = await refused({ message: stranger.text, signature: stranger.signature });
  assertEquals(unknown.slice(0, 2), [404, "not_found"]);
  assertEquals(await it.ledger.ask("SELECT FROM client_request"), []);
  // The pool's own address is nobody's to be paid at.
  const own = await refused(signedExample(anna, example, "payout-address", POOL.address));
  assertMatch(own[2], /is the pool's own address/);
});

Deno.test("while payoutd is away or refuses the pool's own token, a change is 503 and says to send it again", async () => {
  for (const token of ["token-web", "another"]) {
    await using it = await settingsStand(token);
    const { anna, api, server } = it;
    const path = `/miners/${anna.address}/settings`;
    const { messageExample: example } = (await api.get(path)).body;
    if (token === "token-web") await server[Symbol.asyncDispose]();
    const { status, body } = await api.post(
      path,
      signedExample(anna, example, "threshold", "25000"),
    );
    assertEquals([status, body.code], [503, "unavailable"]);
    assertMatch(body.message, /send the same message again in a while, it is followed once/);
    assert(!/token|127\.0\.0\.1|ECONN/.test(body.message), body.message);
    assert(api.lines.some(({ message }) => message.includes("could not be handed on")));
  }
});

Deno.test("a server that takes no changes says so; in one process with the books they need no call", async () => {
  await using it = await settingsStand();
  const { anna, own, deps } = it;
  const path = `/miners/${anna.address}/settings`;
  const none = publicApi({ ledger: own, clock: clock() });
  const { messageExample: example } = (await none.get(path)).body;
  const request = signedExample(anna, example, "threshold", "25000");
  assertEquals((await none.post(path, request)).body.code, "unimplemented");
  const direct = publicApi({
    ledger: own,
    clock: clock(),
    applyRequest: requestsBy(deps, "apiserver"),
  });
  assertEquals((await direct.post(path, request)).status, 200);
  const [row] = await it.ledger.ask<{ who: string }>("SELECT who FROM audit");
  assertEquals(row!.who, "apiserver");
});

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
