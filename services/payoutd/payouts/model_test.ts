/**
 * Histories of payouts with crashes between any two steps, reorganisations, replacements and a forgetful node, against
 * the one thing that counts: every satoshi credited is on the chain or still owed, once.
 */
import { assert, assertEquals } from "@std/assert";
import { toHex } from "@gopool/chain";
import { PayoutRefused } from "@gopool/ledger/payouts";
import { type Random, seededRandom } from "@gopool/runtime";
import { Crash, fated } from "./fated_fixture.ts";
import { CONFIRMATIONS, KEYS, MATURITY, type PayoutStand, payoutStand } from "./fixture.ts";
import { bump, createPayouts, pause, resume } from "./mod.ts";

const BY = { who: "model", method: "a try", reason: "a history" };
const ACCOUNTS = [1, 2, 3, 4, 5];

class History {
  readonly #credited = new Map<number, bigint>(ACCOUNTS.map((n) => [n, 0n]));
  readonly #sent = new Set<string>();
  /** Rewards stay: what becomes of payments whose coinbase vanishes is another test. */
  #lastReward = 0;
  readonly said: string[] = [];
  crashes = 0;
  takenBack = 0;

  constructor(readonly stand: PayoutStand, readonly random: Random) {
    this.#restart();
  }

  #upTo(most: number): number {
    return 1 + Math.floor(this.random.unit() * most);
  }

  #restart(): void {
    this.stand.restart(fated(this.stand.deps, () => "well", this.#sent));
  }

  async act(): Promise<void> {
    const acts = [
      this.reward,
      this.mine,
      this.mine,
      this.step,
      this.step,
      this.crash,
      this.crash,
      this.outages,
      this.rivals,
      this.bump,
      this.reorganise,
      this.reorganise,
      this.mineReplaced,
      this.forget,
      this.pauseOrResume,
    ];
    const act = acts[this.#upTo(acts.length) - 1]!;
    this.said.push(act.name);
    await act.call(this);
    const floating = await this.stand.ledger.ask(
      `SELECT FROM payout p JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt
       WHERE t.block_hash IS NULL`,
    );
    assertEquals(floating.length, 0, "what counts as made is in a block");
    const negative = await this.stand.ledger.ask(
      "SELECT FROM balance JOIN account a ON a.id = account_id WHERE a.kind = 'miner' AND sats < 0",
    );
    assertEquals(negative.length, 0, "nobody owes");
    assertEquals(await this.stand.differences(), { wallet: 0n, rewards: 0n });
  }

  async reward(): Promise<void> {
    const credits: Record<number, bigint> = {};
    for (const n of ACCOUNTS) {
      if (this.random.unit() < 0.5) continue;
      credits[n] = BigInt(this.#upTo(200_000_000));
      this.#credited.set(n, this.#credited.get(n)! + credits[n]);
    }
    const { height } = await this.stand.reward(credits, KEYS[this.#upTo(2) - 1]);
    this.#lastReward = height;
  }

  mine(): Promise<void> {
    return this.stand.mine(this.#upTo(4));
  }

  step(): Promise<void> {
    return this.stand.step();
  }

  /** Dies somewhere in a step; the next process begins. */
  async crash(): Promise<void> {
    let left = this.#upTo(28);
    const next = () => left-- <= 0 ? "dies" : "well";
    this.stand.restart(fated(this.stand.deps, next, this.#sent));
    try {
      await this.stand.step();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes++;
    }
    this.#restart();
  }

  /** Every now and then somebody is away; the process goes on. */
  async outages(): Promise<void> {
    const next = () => this.random.unit() < 0.15 ? "away" : "well";
    this.stand.restart(fated(this.stand.deps, next, this.#sent));
    for (let i = 0; i < 3; i++) await this.stand.step();
    this.#restart();
  }

  /** Two processes that both think they are the only one. */
  async rivals(): Promise<void> {
    const { deps, signal } = this.stand;
    const rival = createPayouts({ ...deps, ...fated(deps, () => "well", this.#sent) });
    await Promise.all([this.stand.step(), rival.step(signal), rival.step(signal)]);
  }

  async bump(): Promise<void> {
    const alive = await this.stand.ledger.ask<{ id: string }>(
      "SELECT id::text FROM payout WHERE state IN ('planned', 'signed', 'broadcast')",
    );
    const chosen = alive[this.#upTo(alive.length || 1) - 1];
    if (chosen === undefined) return;
    const rate = BigInt(this.#upTo(60)) * 1_000n;
    await refusable(bump(this.stand.deps, BigInt(chosen.id), rate, BY, this.stand.signal));
  }

  /** What was just confirmed, or not quite, is gone from the chain. */
  async reorganise(): Promise<void> {
    await this.stand.mine(this.#upTo(CONFIRMATIONS + 1));
    const { height } = await this.stand.node.tip();
    const depth = Math.min(this.#upTo(CONFIRMATIONS + 2), height - this.#lastReward);
    this.stand.sim.reorganise(depth);
    if (this.random.unit() < 0.7) this.stand.sim.forgetMempool();
    await this.stand.mineEmpty(depth + 1);
  }

  /** A miner that never heard of the replacement. */
  async mineReplaced(): Promise<void> {
    const rows = await this.stand.ledger.ask<{ raw: Uint8Array }>(
      `SELECT raw FROM payout_tx t WHERE raw IS NOT NULL AND EXISTS
         (SELECT FROM payout_tx n WHERE n.payout_id = t.payout_id AND n.attempt > t.attempt)`,
    );
    for (const { raw } of rows) {
      try {
        this.stand.sim.mineBlock({ include: [raw], transactions: false });
      } catch { /* Another attempt is in the chain already. */ }
    }
    await this.stand.sync();
  }

  forget(): Promise<void> {
    this.stand.sim.forgetMempool();
    return Promise.resolve();
  }

  async pauseOrResume(): Promise<void> {
    await pause(this.stand.deps, BY);
    const sent = this.#sent.size;
    await this.stand.step();
    assertEquals(this.#sent.size, sent, "nothing goes out while paused");
    await resume(this.stand.deps, BY);
  }

  /** Lets everything come to an end, and counts. */
  async finish(): Promise<void> {
    const { stand } = this;
    await stand.mine(MATURITY);
    const open = async () => {
      const rows = await stand.ledger.ask(
        `SELECT FROM payout WHERE state NOT IN ('confirmed', 'cancelled')
         UNION ALL SELECT FROM balance JOIN account a ON a.id = account_id
         WHERE a.kind = 'miner' AND sats >= 10000`,
      );
      return rows.length;
    };
    for (let i = 0; i < 40 && await open() > 0; i++) {
      await stand.step();
      await stand.mine(2);
    }
    assertEquals(await open(), 0, stand.detail());
    let lines = 0, outputs = 0;
    for (const n of ACCOUNTS) {
      const chain = await stand.onChain(n);
      assertEquals(chain.sats + await stand.balance(n), this.#credited.get(n), `account ${n}`);
      outputs += chain.outputs;
    }
    const [count] = await stand.ledger.ask<{ n: number }>(
      "SELECT count(*)::int AS n FROM payout_line",
    );
    lines = count!.n;
    assertEquals(outputs, lines, "each debit is paid by one output");
    await this.#excluded();
    const back = await this.stand.ledger.ask(
      "SELECT FROM transfer WHERE kind = 'payout_unconfirmed'",
    );
    this.takenBack = back.length;
  }

  /** No two attempts could both be confirmed, and nothing was ever sent but what is stored. */
  async #excluded(): Promise<void> {
    const apart = await this.stand.ledger.ask(
      `SELECT FROM payout_tx a JOIN payout_tx b USING (payout_id)
       WHERE a.attempt < b.attempt AND NOT EXISTS (
         SELECT FROM payout_input i JOIN payout_input j USING (payout_id, coin_id)
         WHERE payout_id = a.payout_id AND i.attempt = a.attempt AND j.attempt = b.attempt)`,
    );
    assertEquals(apart.length, 0);
    const stored = await this.stand.ledger.ask<{ raw: Uint8Array }>(
      "SELECT raw FROM payout_tx WHERE raw IS NOT NULL",
    );
    const known = new Set(stored.map(({ raw }) => toHex(raw)));
    assert(this.#sent.isSubsetOf(known));
  }
}

async function refusable(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof PayoutRefused)) throw error;
  }
}

const HISTORIES = 4;
const ACTS = 25;

Deno.test("whatever crashes, reorganisations, replacements and forgetful nodes do, each debit is on the chain once", async (t) => {
  let crashes = 0, takenBack = 0;
  const seeds = Deno.env.get("GOPOOL_TEST_PAYOUT_SEEDS")?.split(",").map(Number) ??
    Array.from({ length: HISTORIES }, (_, i) => i + 1);
  for (const seed of seeds) {
    await t.step(`history ${seed}`, async () => {
      await using stand = await payoutStand();
      const history = new History(stand, seededRandom(seed));
      await history.reward();
      await stand.mine(MATURITY);
      try {
        for (let i = 0; i < ACTS; i++) await history.act();
        await history.finish();
      } catch (error) {
        throw new Error(`history ${seed}: ${history.said.join(", ")}`, { cause: error });
      }
      crashes += history.crashes;
      takenBack += history.takenBack;
    });
  }
  assert(crashes >= seeds.length, `${crashes} crashes`);
  assert(takenBack > 0, "a confirmed payment was taken back");
});
