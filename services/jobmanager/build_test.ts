import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  coinbaseOutputs,
  fromHex,
  type Hash,
  heightFromScriptSig,
  NETWORKS,
  type Sats,
  SCRIPT_SIG_MAX_BYTES,
  subsidyAt,
  toHex,
  type UnixSeconds,
  witnessCommitment,
} from "@gopool/chain";
import { coinbaseOf, prepareJob, variantSuffix } from "@gopool/shares";
import { prevHashToWire } from "@gopool/stratum";
import fc from "@gopool/testing/fc";
import { templates } from "@gopool/testing/vectors";
import {
  assertSendable,
  emptyJob,
  emptyValue,
  type JobFrame,
  jobFromTemplate,
  templateRecord,
  templateTime,
  UnusableTemplate,
} from "./build.ts";
import { BIP320_MASK, payee, POOL, POOL_SCRIPT, splitOf } from "./fixture.ts";
import { recorded, TEMPLATE, TIP } from "./node_fixture.ts";
import { coinbaseRoom, fixedCoinbaseBytes, ownVariants, splitVariants } from "./variants.ts";

const FRAME: JobFrame = {
  pool: POOL,
  network: "regtest",
  tag: "/GoPool/",
  versionMask: BIP320_MASK,
};
const SETTINGS = { poolScript: POOL_SCRIPT, soloFeeBasisPoints: 150 };
const ID = "0000000700000003";
const PARTS = {
  id: ID,
  variants: ownVariants(SETTINGS),
  nowMs: 1_767_225_600_000,
  ntime: TEMPLATE.curtime,
};

/** The scriptSig in a coinbase prefix: behind version, input count and outpoint stands its length. */
const SCRIPT_SIG_AT = 4 + 1 + 36 + 1;
const EXTRANONCE_BYTES = 12;

Deno.test("a recorded template becomes the work that a public pool made of it", () => {
  for (const vector of templates) {
    const { notify, name } = vector;
    const frame = { ...FRAME, network: vector.network };
    const template = recorded(vector);
    const job = jobFromTemplate(frame, template, { ...PARTS, ntime: template.curtime });
    const [, prevHash, , , branch, version, nbits] = notify;
    const hex8 = (n: number) => n.toString(16).padStart(8, "0");
    assertEquals(prevHashToWire(job.previousHash as Hash), prevHash, name);
    assertEquals(job.merkleBranch.map(toHex), branch, name);
    assertEquals([hex8(job.version), hex8(job.nbits)], [version, nbits], name);
    assertEquals(job.ntime, vector.curtime, name);
    assertEquals(toHex(job.witnessCommitment), vector.default_witness_commitment, name);
    assertEquals(job.coinbaseValue, BigInt(vector.coinbasevalue), name);
    assertEquals(job.minNtime, vector.mintime, name);
    const scriptSig = job.coinbasePrefix.subarray(SCRIPT_SIG_AT);
    assertEquals(heightFromScriptSig(scriptSig), vector.height, name);
    assertStringIncludes(toHex(scriptSig), `08${ID}0c`);
    prepareJob(job);
  }
});

Deno.test("a template that demands an unknown rule is refused by its name, optional ones are none of ours", () => {
  const template = { ...TEMPLATE, rules: ["csv", "!segwit", "!signet", "testdummy", "!taproot"] };
  jobFromTemplate(FRAME, template, PARTS);
  const error = assertThrows(() =>
    jobFromTemplate(FRAME, { ...TEMPLATE, rules: ["!segwit", "!fancy"] }, PARTS)
  );
  assertInstanceOf(error, UnusableTemplate);
  assertStringIncludes(error.message, "!fancy");
});

Deno.test("the commitment is our own; a template whose commitment is another is refused", () => {
  const wrong = TEMPLATE.witnessCommitment!.slice() as Hash;
  wrong[31]! ^= 1;
  assertThrows(
    () => jobFromTemplate(FRAME, { ...TEMPLATE, witnessCommitment: wrong }, PARTS),
    UnusableTemplate,
    "witness commitment",
  );
  // One that gives none although a transaction has a witness: the block needs it all the same.
  const job = jobFromTemplate(FRAME, { ...TEMPLATE, witnessCommitment: null }, PARTS);
  const own = witnessCommitment(TEMPLATE.transactions.map(({ wtxid }) => wtxid));
  assertEquals(toHex(job.witnessCommitment), `6a24aa21a9ed${toHex(own)}`);
  // Nothing with a witness, and none given: none in the block.
  const plain = TEMPLATE.transactions.map((tx) => ({ ...tx, wtxid: tx.txid }));
  const bare = { ...TEMPLATE, transactions: plain, witnessCommitment: null };
  assertEquals(jobFromTemplate(FRAME, bare, PARTS).witnessCommitment.length, 0);
});

Deno.test("bits of the version inside the rolling mask are cleared, the others kept", () => {
  const version = 0x3fffffff;
  assertEquals(jobFromTemplate(FRAME, { ...TEMPLATE, version }, PARTS).version, 0x20001fff);
  assertEquals(emptyJob(FRAME, TIP, PARTS, version).version, 0x20001fff);
  const high = jobFromTemplate(FRAME, { ...TEMPLATE, version: 0xe0000000 }, PARTS).version;
  assertEquals(high, 0xe0000000);
});

Deno.test("an empty job stands on the tip with its bits, the lowest time allowed and the bare subsidy", () => {
  const { medianTime } = TIP;
  const job = emptyJob(FRAME, TIP, { ...PARTS, ntime: 5 as UnixSeconds });
  assertEquals([job.height, job.nbits, job.version], [TIP.height + 1, TIP.nbits, 0x20000000]);
  assertEquals([job.minNtime, job.ntime], [medianTime + 1, medianTime + 1]);
  assertEquals([job.templateId, job.merkleBranch.length, job.witnessCommitment.length], ["", 0, 0]);
  assertEquals(toHex(job.previousHash), toHex(TIP.hash));
  for (const network of NETWORKS) {
    const at = { ...TIP, height: 449 };
    assertEquals(emptyValue(network, at), subsidyAt(network, 450));
  }
  assertEquals(emptyValue("regtest", { ...TIP, height: 449 }), 625_000_000n as Sats);
  assertEquals(emptyValue("main", { ...TIP, height: 449 }), 5_000_000_000n as Sats);
});

Deno.test("the header time moves on with the template's age, but not where the bits hang on it", () => {
  const { curtime, mintime } = TEMPLATE;
  assertEquals(templateTime(FRAME, TEMPLATE, 40_900), curtime + 40 as UnixSeconds);
  for (const network of ["testnet3", "testnet4"] as const) {
    assertEquals(templateTime({ ...FRAME, network }, TEMPLATE, 40_900), curtime);
  }
  const late = { ...TEMPLATE, mintime: curtime + 100 as UnixSeconds };
  assertEquals(templateTime(FRAME, late, 1_000), curtime + 100 as UnixSeconds);
  assertEquals(
    jobFromTemplate(FRAME, TEMPLATE, { ...PARTS, ntime: 1 as UnixSeconds }).ntime,
    mintime,
  );
});

Deno.test("a template's record carries the raw transactions in block order", () => {
  const record = templateRecord(POOL, ID, TEMPLATE);
  assertEquals(record.transactions, TEMPLATE.transactions.map(({ data }) => data));
  assertEquals([record.id, record.height, record.pool], [ID, TEMPLATE.height, POOL]);
});

Deno.test("a job is sendable only if every coinbase of it can be built", () => {
  const job = jobFromTemplate(FRAME, TEMPLATE, PARTS);
  assertSendable(job, POOL_SCRIPT);
  const greedy = {
    id: 9,
    name: "greedy",
    snapshotId: new Uint8Array(),
    outputs: [
      {
        amount: { kind: "sats", sats: TEMPLATE.coinbaseValue + 1n as Sats },
        payee: { kind: "script", script: payee(1) },
      },
      { amount: { kind: "remainder" }, payee: { kind: "script", script: POOL_SCRIPT } },
    ],
  } as const;
  const asking = jobFromTemplate(FRAME, TEMPLATE, {
    ...PARTS,
    variants: [...PARTS.variants, greedy],
  });
  assertThrows(() => assertSendable(asking, POOL_SCRIPT), RangeError, "1 sats more");
  assertThrows(() => assertSendable({ ...job, nbits: 0 }, POOL_SCRIPT), RangeError, "no target");
});

const height = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.constantFrom(16, 17, 127, 128, 32_767, 32_768, 840_000, 8_388_607, 8_388_608),
);
const split = fc.array(
  fc.record({ sats: fc.bigInt({ min: 0n, max: 700_000_000n }), n: fc.nat(255) }),
  { maxLength: 40 },
);

Deno.test("every job, at any height, by any split: prepared by gateways, outputs adding up to the satoshi, scriptSig of at most 70", () => {
  fc.assert(fc.property(
    height,
    split,
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.bigInt({ min: 0n, max: 2_100_000_000n }),
    fc.boolean(),
    (height, outputs, tag, value, bare) => {
      const coinbaseValue = value as Sats;
      const template = {
        ...TEMPLATE,
        height,
        coinbaseValue,
        ...(bare ? { transactions: [], witnessCommitment: null } : {}),
      };
      const room = {
        value: coinbaseValue,
        fixedBytes: fixedCoinbaseBytes(100, 38),
        maxBytes: coinbaseRoom(template),
      };
      const reward = splitOf(outputs.map(({ sats, n }) => ({ sats, script: payee(n) })));
      const variants = [...ownVariants(SETTINGS), ...splitVariants(SETTINGS, reward, room)];
      const job = jobFromTemplate({ ...FRAME, tag }, template, { ...PARTS, variants });
      assertSendable(job, payee(3));
      const prepared = prepareJob(job);
      for (const recipe of prepared.variants.values()) {
        const sum = coinbaseOutputs(recipe, coinbaseValue, payee(3))
          .reduce((total, { sats }) => total + sats, 0n);
        assertEquals(sum, value);
        const suffix = variantSuffix(prepared, recipe.id, payee(3));
        const coinbase = coinbaseOf(prepared, suffix, fromHex("01020304"), new Uint8Array(8));
        assert(coinbase.length > job.coinbasePrefix.length);
      }
      const scriptSigBytes = job.coinbasePrefix[SCRIPT_SIG_AT - 1]!;
      assertLessOrEqual(scriptSigBytes, SCRIPT_SIG_MAX_BYTES);
      assertEquals(scriptSigBytes, job.coinbasePrefix.length - SCRIPT_SIG_AT + EXTRANONCE_BYTES);
      assertEquals(heightFromScriptSig(job.coinbasePrefix.subarray(SCRIPT_SIG_AT)), height);
    },
  ));
});
