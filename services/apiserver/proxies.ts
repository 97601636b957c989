/**
 * Who asks: the address of the connection, or what a trusted proxy says of it.
 *
 * @module
 */
import { BlockList, isIP } from "node:net";

/** An address or a network that is trusted, as the settings have it. */
export interface TrustedNet {
  readonly address: string;
  /** Leading bits that count: all of them for one address. */
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** `10.0.0.0/8`, `::1`. @throws {SyntaxError} In a sentence that begins with "must". */
export function parseCidr(text: string): TrustedNet {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const wide = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (version === 0 || more.length > 0 || wide < 0 || wide > most) {
    throw new SyntaxError("must be addresses or networks such as 10.0.0.0/8 or ::1");
  }
  return { address, bits: wide, family: version === 4 ? "ipv4" : "ipv6" };
}

/** How many hops of a header are looked at: chains of proxies are short. */
const HOPS_MAX = 20;

export class Proxies {
  readonly #trusted = new BlockList();
  readonly #any: boolean;

  constructor(trusted: readonly TrustedNet[]) {
    for (const { address, bits, family } of trusted) {
      this.#trusted.addSubnet(address, bits, family);
    }
    this.#any = trusted.length > 0;
  }

  /**
   * Who counts as the client: the nearest hop that is no trusted proxy. Headers are read only where the connection
   * itself comes from one; what stands beyond the first stranger is that stranger's word, and not read. A proxy writes one
   * of the two headers and lets the other through as the caller sent it: where they differ neither is believed, and the
   * caller counts as the proxy.
   *
   * @param remote Address of the connection.
   * @returns An IPv4 address, or the /64 of an IPv6 address: what one subscriber has.
   */
  clientOf(remote: string, headers: Headers): string {
    if (!this.#any || !this.#isTrusted(remote)) return bucketOf(remote);
    const told = [forwardedHops(headers), xForwardedForHops(headers)]
      .filter((hops) => hops !== null)
      .map((hops) => bucketOf(this.#nearest(remote, hops)));
    const [client = bucketOf(remote), other = client] = told;
    return client === other ? client : bucketOf(remote);
  }

  /** The last hop that is no trusted proxy. */
  #nearest(remote: string, hops: readonly string[]): string {
    let client = remote;
    for (const hop of hops.slice(-HOPS_MAX).reverse()) {
      // What is no address ends the chain: the proxy that wrote it is the last that is known.
      if (isIP(hop) === 0) break;
      client = hop;
      if (!this.#isTrusted(hop)) break;
    }
    return client;
  }

  #isTrusted(address: string): boolean {
    const plain = unmapped(address);
    const version = isIP(plain);
    return version !== 0 && this.#trusted.check(plain, version === 4 ? "ipv4" : "ipv6");
  }
}

/** The hops of Forwarded (RFC 7239), the farthest first; null where it is not there. */
function forwardedHops(headers: Headers): string[] | null {
  return headers.get("forwarded")?.split(",").map((element) => {
    const [, value = ""] = /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;,\s]*)/i.exec(element) ?? [];
    return withoutPort(value.replace(/^"(.*)"$/, "$1"));
  }) ?? null;
}

/** The same of X-Forwarded-For. */
function xForwardedForHops(headers: Headers): string[] | null {
  return headers.get("x-forwarded-for")?.split(",").map((hop) => withoutPort(hop.trim())) ?? null;
}

/** `192.0.2.1:4711`, `[2001:db8::1]:4711`, `[2001:db8::1]` → the address. */
function withoutPort(hop: string): string {
  const inBrackets = /^\[([^\]]*)\](?::\d+)?$/.exec(hop);
  if (inBrackets !== null) return inBrackets[1]!;
  return /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}

/** An IPv4 address that came in IPv6's clothes (RFC 4291, section 2.5.5.2) is what it is. */
function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** An IPv4 address as it is, an IPv6 address as its /64: an end site has at least that much (RFC 6177). */
export function bucketOf(address: string): string {
  const plain = unmapped(address);
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("%")[0]!.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right].slice(0, 4);
  return `${groups.map((group) => (parseInt(group, 16) || 0).toString(16)).join(":")}::/64`;
}
