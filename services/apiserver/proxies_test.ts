import { assertEquals, assertThrows } from "@std/assert";
import { bucketOf, parseCidr, Proxies } from "./proxies.ts";

const of = (trusted: string[], remote: string, headers: Record<string, string>) =>
  new Proxies(trusted.map(parseCidr)).clientOf(remote, new Headers(headers));

Deno.test("without trusted proxies nobody's word counts", () => {
  assertEquals(of([], "192.0.2.1", { "x-forwarded-for": "198.51.100.9" }), "192.0.2.1");
  assertEquals(
    of(["10.0.0.0/8"], "192.0.2.1", { "x-forwarded-for": "198.51.100.9" }),
    "192.0.2.1",
  );
});

Deno.test("a trusted proxy names the client, and only the nearest stranger counts", () => {
  const by = (hops: string) => of(["10.0.0.0/8", "::1"], "10.1.2.3", { "x-forwarded-for": hops });
  assertEquals(by("198.51.100.9"), "198.51.100.9");
  // What stands farther off is what the client itself may have sent.
  assertEquals(by("203.0.113.5, 198.51.100.9"), "198.51.100.9");
  assertEquals(by("198.51.100.9, 10.9.9.9"), "198.51.100.9");
  assertEquals(by("198.51.100.9:4711"), "198.51.100.9");
  assertEquals(by("10.4.4.4"), "10.4.4.4", "a proxy that asks for itself is a client");
  assertEquals(by("198.51.100.9, nonsense"), "10.1.2.3");
  assertEquals(of(["10.0.0.0/8"], "10.1.2.3", {}), "10.1.2.3");
  assertEquals(
    of(["10.0.0.0/8"], "::ffff:10.1.2.3", { "x-forwarded-for": "192.0.2.7" }),
    "192.0.2.7",
  );
});

Deno.test("the header that a proxy does not write is the caller's own, and makes nobody another", () => {
  const by = (forwarded: string, xForwardedFor: string) =>
    of(["10.0.0.1"], "10.0.0.1", { forwarded, "x-forwarded-for": xForwardedFor });
  assertEquals(by("for=198.51.100.1", "192.0.2.7"), "10.0.0.1");
  assertEquals(by("for=192.0.2.7", "198.51.100.2"), "10.0.0.1");
  assertEquals(by("", "192.0.2.7"), "10.0.0.1");
  assertEquals(by("for=192.0.2.7", "198.51.100.2, 192.0.2.7"), "192.0.2.7");
});

Deno.test("Forwarded is read in all its forms", () => {
  const by = (forwarded: string) => of(["10.0.0.1"], "10.0.0.1", { forwarded });
  assertEquals(by("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
  assertEquals(by("proto=https; For=192.0.2.61"), "192.0.2.61");
  assertEquals(by('for="[2001:db8:cafe::17]:4711"'), "2001:db8:cafe:0::/64");
  assertEquals(by("for=192.0.2.43, for=198.51.100.17"), "198.51.100.17");
  assertEquals(by("for=unknown"), "10.0.0.1");
  assertEquals(by("for=_hidden"), "10.0.0.1");
});

Deno.test("an IPv6 client is its /64, an IPv4 client in IPv6's clothes itself", () => {
  assertEquals(bucketOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assertEquals(bucketOf("2001:DB8:1:2:ffff::1"), bucketOf("2001:db8:1:2::9"));
  assertEquals(bucketOf("2001:db8::1"), "2001:db8:0:0::/64");
  assertEquals(bucketOf("::1"), "0:0:0:0::/64");
  assertEquals(bucketOf("fe80::1%eth0"), "fe80:0:0:0::/64");
  assertEquals(bucketOf("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(bucketOf("192.0.2.1"), "192.0.2.1");
});

Deno.test("a network that is none is refused in a sentence", () => {
  for (
    const wrong of ["10.0.0.0/33", "10.0.0/8", "::/129", "example", "10.0.0.0/8/8", "1.2.3.4/x", ""]
  ) {
    assertThrows(() => parseCidr(wrong), SyntaxError, "must be addresses or networks");
  }
});
