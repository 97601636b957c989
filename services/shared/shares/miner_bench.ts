/**
 * The nonce scanner on one core. Budget: two million nonces a second on a machine of our kind; printed, not
 * asserted, because it is no ratio. Run with `deno bench --allow-none`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { decodeHeader, fromHex, headerHash } from "@gopool/chain";
import { genesis } from "@gopool/testing/vectors";
import { numberOf, target32 } from "./fixtures.ts";
import { createNonceScanner } from "./miner.ts";

const COUNT = 100_000;
const scanner = createNonceScanner();
const header = fromHex(genesis.header);
const { nonce } = decodeHeader(header);
const target = target32(numberOf(headerHash(header)));
assertEquals(scanner.scan(header, target, nonce - COUNT / 2, COUNT), [nonce]);

let least = Infinity;
for (let round = 0; round < 20; round++) {
  const begin = performance.now();
  scanner.scan(header, target, round * COUNT, COUNT);
  least = Math.min(least, performance.now() - begin);
}
console.log(`${(COUNT / least / 1000).toFixed(1)} million nonces a second`);

Deno.bench(`scan ${COUNT} nonces`, () => void scanner.scan(header, target, 0, COUNT));
