import { BlockList } from "node:net";
import fc from "@gopool/testing/fc";
import { assertEquals, assertThrows } from "@std/assert";
import { addressBytes, isWithin, NetworkError, networkText, parseNetwork } from "./networks.ts";

const text = (network: string) => networkText(parseNetwork(network));

Deno.test("a network has one text: no host bits, IPv6 in short, IPv4 out of IPv6's clothes", () => {
  assertEquals(text("203.0.113.7"), "203.0.113.7");
  assertEquals(text(" 203.0.113.7/32 "), "203.0.113.7");
  assertEquals(text("10.255.3.4/9"), "10.128.0.0/9");
  assertEquals(text("0.0.0.0/0"), "0.0.0.0/0");
  assertEquals(text("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
  assertEquals(text("2001:db8:1:2:3::/50"), "2001:db8:1::/50");
  assertEquals(text("::/0"), "::/0");
  assertEquals(text("::ffff:203.0.113.7"), "203.0.113.7");
  assertEquals(text("::ffff:203.0.113.7/120"), "203.0.113.0/24");
});

Deno.test("what is no network is refused in a sentence", () => {
  for (
    const wrong of [
      "",
      "miner",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "01.2.3.4",
      "1.2.3.4/33",
      "1.2.3.4/-1",
      "1.2.3.4/",
      "1.2.3.4/8/9",
      "::/129",
      ":::",
      "1::2::3",
      "::ffff:1.2.3.4/95",
      "fe80::1]/",
    ]
  ) {
    const error = assertThrows(() => parseNetwork(wrong), NetworkError);
    assertEquals(/wanted/.test(error.message), true, wrong);
  }
});

const v4 = fc.tuple(...Array.from({ length: 4 }, () => fc.nat(255))).map((bytes) =>
  bytes.join(".")
);
const v6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }).map((groups) =>
  groups.map((group) => group.toString(16)).join(":")
);

Deno.test("an address is within a network exactly where the platform's block list says so", () => {
  const cases = fc.oneof(
    fc.record({ type: fc.constant("ipv4" as const), base: v4, other: v4, bits: fc.nat(32) }),
    fc.record({ type: fc.constant("ipv6" as const), base: v6, other: v6, bits: fc.nat(128) }),
  );
  fc.assert(fc.property(cases, fc.nat(200), ({ type, base, other, bits }, keep) => {
    // Random addresses hardly ever share bits: the other one begins like the base.
    const bytes = addressBytes(other)!;
    const start = addressBytes(base)!;
    for (let i = 0; i < Math.min(bytes.length, Math.floor(keep / 8)); i++) bytes[i] = start[i]!;
    const near = networkText({ bytes, bits: bytes.length * 8 });
    const list = new BlockList();
    list.addSubnet(base, bits, type);
    assertEquals(isWithin(bytes, parseNetwork(`${base}/${bits}`)), list.check(near, type), near);
  }));
});

Deno.test("any text is a network or refused, and the text of a network is read as the same one", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV4Extended(), fc.ipV6(), v6), (any) => {
    try {
      const network = parseNetwork(any);
      assertEquals(parseNetwork(networkText(network)), network);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
    }
  }));
});
