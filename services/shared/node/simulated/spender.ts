/**
 * Fee-paying transactions out of nothing but the node's own coins, so that templates have branches to hash. They
 * spend outputs that anyone may spend (own_scripts.ts), without a key or a signature.
 *
 * @module
 */
import { compactSize, concat, equalBytes, fromHex, u32le, u64le } from "@gopool/chain";
import type { Random } from "@gopool/runtime";
import { type Coin, outpointKey, outpointOf } from "./coins.ts";
import { decodeTransaction, type Transaction } from "./decode.ts";
import { OP_TRUE, OWN_P2SH, OWN_P2WSH, OWN_SCRIPTS } from "./own_scripts.ts";

/** Smaller coins are left alone: with the fees taken off they would soon be dust. */
const COIN_MIN = 20_000n;
/** The fewest coins worth keeping apart, so that transactions of one block need not hang on each other. */
const COINS_FEW = 200;
/** Above this, transactions gather more coins than they make. */
const COINS_MANY = 2_000;
/** Satoshis per byte: the range a template shows. */
const FEE_RATE_MAX = 40;
/** What a payment to a stranger takes out for good; a stranger's script has a signature operation, as real ones do. */
const PAYMENT = 1_000n;
/** Coins tried for one transaction before giving up: those spent by others meanwhile are dropped on the way. */
const TRIES = 64;

export interface SpenderDeps {
  readonly random: Random;
  /** The coin if it can be spent now, by a transaction in the mempool's order; undefined where it is gone. */
  readonly coin: (outpoint: Uint8Array) => Coin | undefined;
  /** Height of the next block. */
  readonly nextHeight: () => number;
  /** Blocks until a reward may be spent. */
  readonly maturity: number;
}

interface Held {
  readonly outpoint: Uint8Array;
  readonly coin: Coin;
}

export class Spender {
  readonly #deps: SpenderDeps;
  /** Coins of ours, in no order; checked again when taken. */
  #ready: Held[] = [];
  /** Rewards not yet ripe, the youngest first. */
  #ripening: Held[] = [];
  readonly #known = new Set<string>();

  constructor(deps: SpenderDeps) {
    this.#deps = deps;
  }

  /** Begins anew from all coins of ours, at the start and after a reorganisation. */
  reset(coins: readonly Held[]): void {
    this.#ready = [];
    this.#ripening = [];
    this.#known.clear();
    // In one order whatever the store's: the same seed gives the same transactions.
    const order = coins.map((held) => ({ held, key: outpointKey(held.outpoint) }))
      .sort((a, b) => b.held.coin.height - a.held.coin.height || (a.key < b.key ? -1 : 1));
    for (const { held } of order) this.hold(held.outpoint, held.coin);
  }

  /** A coin of ours has come to be. */
  hold(outpoint: Uint8Array, coin: Coin): void {
    const key = outpointKey(outpoint);
    if (coin.value < COIN_MIN || this.#known.has(key)) return;
    this.#known.add(key);
    // A reward of a block that has just come is the youngest; reset() gives them the other way round.
    const youngest = this.#ripening[0]?.coin.height ?? 0;
    if (coin.coinbase && coin.height >= youngest) this.#ripening.unshift({ outpoint, coin });
    else if (coin.coinbase) this.#ripening.push({ outpoint, coin });
    else this.#ready.push({ outpoint, coin });
  }

  /** The coins of ours that a transaction makes. */
  holdOutputs(tx: Transaction, height: number, coinbase: boolean): void {
    tx.outputs.forEach((output, i) => {
      if (!OWN_SCRIPTS.some((script) => equalBytes(script, output.script))) return;
      this.hold(outpointOf(tx.txid, i), { height, coinbase, ...output });
    });
  }

  /** A transaction nobody has seen yet, or null while there is no coin to spend. */
  next(): Transaction | null {
    this.#ripen();
    const coins = this.#take();
    if (coins.length === 0) return null;
    const value = coins.reduce((sum, { coin }) => sum + coin.value, 0n);
    const scripts = this.#outputScripts();
    const stranger = this.#chance(4) && value > 4n * PAYMENT ? [this.#strangersScript()] : [];
    const rough = 11 + coins.length * 84 + scripts.length * 43 + stranger.length * 34;
    const fee = BigInt(rough * (1 + Math.floor(this.#deps.random.unit() * FEE_RATE_MAX)));
    const left = value - fee - BigInt(stranger.length) * PAYMENT;
    // Too little for so many outputs: give it all to one, or to the fee.
    const outputs = left / BigInt(scripts.length) >= COIN_MIN ? scripts : scripts.slice(0, 1);
    const share = (left > 0n ? left : value / 2n) / BigInt(outputs.length);
    return decodeTransaction(encode(coins, [
      ...outputs.map((script) => ({ value: share, script })),
      ...stranger.map((script) => ({ value: PAYMENT, script })),
    ]));
  }

  #take(): Held[] {
    const wanted = this.#ready.length > COINS_MANY ? 3 : this.#chance(3) ? 2 : 1;
    const taken: Held[] = [];
    for (let i = 0; i < TRIES && taken.length < wanted && this.#ready.length > 0; i++) {
      const at = Math.floor(this.#deps.random.unit() * this.#ready.length);
      const held = this.#ready[at]!;
      const last = this.#ready.pop()!;
      if (at < this.#ready.length) this.#ready[at] = last;
      this.#known.delete(outpointKey(held.outpoint));
      if (this.#deps.coin(held.outpoint) !== undefined) taken.push(held);
    }
    return taken;
  }

  #ripen(): void {
    while (this.#ripening.length > 0) {
      const { outpoint, coin } = this.#ripening.at(-1)!;
      if (this.#deps.nextHeight() - coin.height < this.#deps.maturity) return;
      this.#ripening.pop();
      this.#ready.push({ outpoint, coin });
    }
  }

  #outputScripts(): Uint8Array[] {
    const many = this.#ready.length < COINS_FEW ? 6 : this.#ready.length > COINS_MANY ? 1 : 3;
    const count = 1 + Math.floor(this.#deps.random.unit() * many);
    return Array.from({ length: count }, () => {
      return OWN_SCRIPTS[Math.floor(this.#deps.random.unit() * OWN_SCRIPTS.length)]!;
    });
  }

  /** Pay to a public key hash nobody has. */
  #strangersScript(): Uint8Array {
    const hash = concat(...Array.from({ length: 5 }, () => u32le(this.#deps.random.uint32())));
    return concat(fromHex("76a914"), hash, fromHex("88ac"));
  }

  #chance(oneIn: number): boolean {
    return this.#deps.random.unit() * oneIn < 1;
  }
}

function encode(
  coins: readonly Held[],
  outputs: readonly { value: bigint; script: Uint8Array }[],
): Uint8Array {
  const inputs = coins.map(({ outpoint, coin }) => {
    const scriptSig = equalBytes(coin.script, OWN_P2SH) ? concat(Uint8Array.of(1), OP_TRUE) : [];
    return concat(outpoint, Uint8Array.of(scriptSig.length, ...scriptSig), u32le(0xfffffffd));
  });
  const witness = coins.some(({ coin }) => equalBytes(coin.script, OWN_P2WSH));
  return concat(
    u32le(2),
    witness ? Uint8Array.of(0, 1) : Uint8Array.of(),
    compactSize(inputs.length),
    ...inputs,
    compactSize(outputs.length),
    ...outputs.map(({ value, script }) => concat(u64le(value), compactSize(script.length), script)),
    ...(witness
      ? coins.map(({ coin }) =>
        equalBytes(coin.script, OWN_P2WSH) ? concat(Uint8Array.of(1, 1), OP_TRUE) : Uint8Array.of(0)
      )
      : []),
    u32le(0),
  );
}
