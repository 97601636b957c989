/**
 * Miners that come back when their gateway was restarted or killed, or with nothing but their name.
 *
 * @module
 */
import { type Bus, openBus } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { FakeClock, settle, waitFor } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { rungOf } from "./difficulty.ts";
import { type FaultyState, faultyState } from "./kit_state_test.ts";
import {
  ADDRESS,
  EASY,
  errorOf,
  type Miner,
  openRig,
  type Rig,
  type RigOptions,
} from "./kit_test.ts";

/** A multiple of the kit's difficulty, as it is sent: with three digits. */
const at = (k: number) => Number((EASY * k).toPrecision(3));

interface Pool extends AsyncDisposable {
  readonly bus: Bus;
  readonly store: FaultyState;
  /** The next process of the gateway: its own client of the store. */
  process(options?: RigOptions): Promise<Rig>;
}

/** One gateway's processes, one after another, on the same log and store. */
async function openPool(): Promise<Pool> {
  const bus = await openBus("memory:", { clock: systemClock, sharePartitions: 2 });
  const store = await faultyState(systemClock);
  let seed = 0;
  return {
    bus,
    store,
    process: (options = {}) => openRig({ bus, state: store.state, seed: ++seed, ...options }),
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]();
      await store.state[Symbol.asyncDispose]();
    },
  };
}

const inStore = (pool: Pool, { sessionId }: Miner) =>
  waitFor(() => pool.store.state.get(`session:${sessionId}`), "the session's record");

Deno.test("after a restart a session has its extranonce1 again, and work of before counts at its difficulty", async () => {
  await using pool = await openPool();
  await using before = await pool.process();
  const old = await before.connect();
  await old.ask("mining.suggest_difficulty", [at(4)]);
  await old.login();
  const [job, hard, easy] = [
    old.notify,
    old.mine(),
    old.mine({ difficulty: at(1), above: at(4) }),
  ];
  await before.stop();
  await using after = await pool.process({ firstJob: {} });
  const again = await after.connect();
  await again.login({ session: old.sessionId });
  assertEquals(
    [again.extranonce1, again.sessionId, again.difficulty],
    [old.extranonce1, old.sessionId, at(4)],
  );
  assertEquals(again.notify.clean, false, "the same block: it goes on counting");
  assertEquals((await again.submit(hard, { job: job.jobId })).result, true);
  assertEquals(errorOf(await again.submit(easy, { job: job.jobId }))[0], 23);
  const [listed] = await after.submissions();
  assertEquals([listed!.extranonce1, listed!.target], [old.extranonce1, rungOf(at(4)).target]);
});

Deno.test("a block that came while the gateway was down makes the first job a clean one", async () => {
  await using pool = await openPool();
  await using before = await pool.process();
  const old = await before.connect();
  await old.login();
  await before.stop();
  await using after = await pool.process({
    firstJob: { previousHash: new Uint8Array(32).fill(9) },
  });
  const again = await after.connect();
  await again.login({ session: old.sessionId });
  assertEquals([again.extranonce1, again.notify.clean], [old.extranonce1, true]);
});

Deno.test("after a kill likewise; nobody else is given the value, whoever comes first", async () => {
  await using pool = await openPool();
  const cut = await faultyState(systemClock);
  // The killed process: from one moment on nothing of it reaches the store, and it never says goodbye.
  const dying: FaultyState["state"] = new Proxy(pool.store.state, {
    get: (target, name) => Reflect.get(cut.mood === "well" ? target : cut.state, name),
  });
  await using killed = await pool.process({ state: dying });
  const olds: Miner[] = [];
  for (let i = 0; i < 5; i++) {
    const miner = await killed.connect();
    await miner.login();
    olds.push(miner);
  }
  for (const old of olds) await inStore(pool, old);
  const [job, share] = [olds[0]!.notify, olds[0]!.mine()];
  cut.mood = "away";
  await using after = await pool.process({ firstJob: {} });
  const given = new Set(olds.map(({ extranonce1 }) => extranonce1.toHex()));
  for (let i = 0; i < 20; i++) {
    const fresh = await after.connect();
    await fresh.subscribe();
    const value = fresh.extranonce1.toHex();
    assert(!given.has(value), `${value} is another session's`);
    assertEquals(value.slice(0, 4), olds[0]!.extranonce1.toHex().slice(0, 4), "the same prefix");
    given.add(value);
  }
  const again = await after.connect();
  await again.login({ session: olds[0]!.sessionId });
  assertEquals([again.extranonce1, again.notify.clean], [olds[0]!.extranonce1, false]);
  assertEquals((await again.submit(share, { job: job.jobId })).result, true);
  await cut.state[Symbol.asyncDispose]();
});

Deno.test("a raise is what it was for the next process: each share at the difficulty of its job", async () => {
  const clock = new FakeClock(Date.now());
  const store = await faultyState(clock);
  const bus = await openBus("memory:", { clock, sharePartitions: 2 });
  const open = (seed: number) =>
    openRig({ clock, bus, state: store.state, seed, config: { vardiff: "on" } });
  const pass = async (seconds: number) => {
    for (let s = 0; s < seconds; s++) {
      await clock.advance(1_000);
      await settle();
    }
  };
  const end = async (rig: Rig) => {
    const stopping = rig.stop();
    await pass(20);
    await stopping;
  };
  const before = await open(1);
  const old = await before.connect();
  await old.login();
  const [first, low] = [old.notify, old.difficulty];
  for (let i = 0; i < 40; i++) {
    assertEquals((await old.submit(old.mine())).result, true);
    if (i % 4 === 3) await pass(1);
  }
  const easy = old.mine({ job: first, difficulty: low, above: low * 3 });
  const id = await before.job();
  await old.wait(() => old.notify.jobId === id, "the job with the raise");
  const raised = old.difficulty;
  assert(raised >= low * 3, `${raised}`);
  const hard = old.mine({ difficulty: low, above: raised });
  await end(before);
  const after = await open(2);
  const again = await after.connect();
  await again.login({ session: old.sessionId });
  assertEquals(again.difficulty, raised);
  // Each at the difficulty that was in force for its job.
  assertEquals((await again.submit(easy, { job: first.jobId })).result, true);
  assertEquals(errorOf(await again.submit(hard, { job: id }))[0], 23);
  await end(after);
  for (const rig of [before, after]) await Deno.remove(rig.folder, { recursive: true });
  await bus[Symbol.asyncDispose]();
  await store.state[Symbol.asyncDispose]();
});

Deno.test("a miner that knows nothing of its session begins at its worker's last level, unless it says otherwise", async () => {
  await using pool = await openPool();
  const config = { vardiff: "on" as const };
  await using first = await pool.process({ config });
  const level = at(2);
  {
    const miner = await first.connect();
    await miner.login({ password: `d=${level}` });
    assertEquals((await miner.submit(miner.mine())).result, true);
    await miner.close();
  }
  await waitFor(() => pool.store.state.get(`difficulty:${ADDRESS}.rig`), "the worker's level");
  await using elsewhere = await pool.process({ config: { ...config, gateway: "gw-2" } });
  const starts = async (
    login: Parameters<Miner["login"]>[0],
    ask: (miner: Miner) => Promise<unknown> = () => Promise.resolve(),
  ) => {
    const miner = await elsewhere.connect();
    await ask(miner);
    await miner.login(login);
    return miner.difficulty;
  };
  const suggests = (miner: Miner) => miner.ask("mining.suggest_difficulty", [at(3)]);
  assertEquals(await starts({}), level, "its worker's");
  assertEquals(await starts({ password: `d=${at(5)}` }), at(5), "the password's");
  assertEquals(await starts({}, suggests), at(3), "what it suggests");
  assertEquals(await starts({ password: `d=${at(5)}` }, suggests), at(5), "d= before that");
  assertEquals(await starts({ username: `${ADDRESS}.other` }), at(1), "another worker");
  assertEquals(await starts({ agent: "cpuminer/2.5" }), at(1), "another kind of machine");
  // Without vardiff every session keeps the first difficulty, which is then the same for all.
  await using fixed = await pool.process({ config: { vardiff: "off", gateway: "gw-3" } });
  const miner = await fixed.connect();
  await miner.login();
  assertEquals(miner.difficulty, at(1));
});

Deno.test("a session's own level comes before its worker's, and a suggestion before both", async () => {
  await using pool = await openPool();
  await using rig = await pool.process({ config: { vardiff: "on" } });
  const ids: string[] = [];
  for (const k of [2, 4]) {
    const miner = await rig.connect();
    await miner.login({ password: `d=${at(k)}` });
    assertEquals((await miner.submit(miner.mine())).result, true);
    await miner.close();
    ids.push(miner.sessionId);
    await waitFor(async () => {
      const bytes = await pool.store.state.get(`difficulty:${ADDRESS}.rig`);
      return bytes !== null && new TextDecoder().decode(bytes).includes(String(at(k)));
    }, "the worker's level");
  }
  const again = await rig.connect();
  await again.login({ session: ids[0]! });
  assertEquals(again.difficulty, at(2));
  await again.close();
  const suggesting = await rig.connect();
  await suggesting.ask("mining.suggest_difficulty", [at(3)]);
  await suggesting.login({ session: ids[0]! });
  assertEquals([suggesting.difficulty, suggesting.sessionId], [at(3), ids[0]]);
});
