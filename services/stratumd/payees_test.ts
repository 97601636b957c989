import { AddressError, canonicalAddress } from "@gopool/chain";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ADDRESS } from "./kit_test.ts";
import { PAYEES_MAX } from "./limits.ts";
import { Payees } from "./payees.ts";

Deno.test("sessions that name one address share its payee, in canonical form", () => {
  const payees = new Payees();
  const payee = payees.find(ADDRESS, "regtest");
  assertEquals(payee.account, ADDRESS);
  assertStrictEquals(payees.find(ADDRESS, "regtest"), payee);
  assertEquals(payees.find(ADDRESS.toUpperCase(), "regtest"), payee);
});

Deno.test("an address of another network is refused each time, whatever is remembered", () => {
  const payees = new Payees();
  payees.find(ADDRESS, "regtest");
  for (let i = 0; i < 2; i++) assertThrows(() => payees.find(ADDRESS, "main"), AddressError);
});

Deno.test("more addresses than are remembered are found all the same", () => {
  const payees = new Payees();
  const first = payees.find(ADDRESS, "regtest");
  const script = new Uint8Array(22);
  script[1] = 20;
  for (let i = 0; i < PAYEES_MAX; i++) {
    new DataView(script.buffer).setUint32(2, i);
    const address = canonicalAddress(script, "regtest")!;
    assertEquals(payees.find(address, "regtest").script, script);
  }
  const again = payees.find(ADDRESS, "regtest");
  assert(again !== first, "it was forgotten in between");
  assertEquals(again, first);
});
