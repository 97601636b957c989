/**
 * Network addresses and prefixes as operators write them: 203.0.113.7, 203.0.113.0/24, 2001:db8::/48.
 *
 * @module
 */

/** An address, or all addresses that begin with the same bits. */
export interface Network {
  /** 4 bytes, or 16; those beyond `bits` are 0. */
  readonly bytes: Uint8Array;
  /** How many of them count: 32 or 128 for one address. */
  readonly bits: number;
}

/** What was written is no network address. */
export class NetworkError extends Error {
  override name = "NetworkError";
}

/**
 * Reads an address or prefix. An IPv4 address in IPv6's clothes (::ffff:203.0.113.7) is itself.
 *
 * @throws {NetworkError} In a sentence.
 */
export function parseNetwork(text: string): Network {
  const [address, prefix, ...more] = text.trim().split("/");
  const bytes = addressBytes(address!);
  if (bytes === null || more.length > 0) {
    throw new NetworkError(
      `${JSON.stringify(text)} is no network address: wanted one like 203.0.113.7, ` +
        "203.0.113.0/24, 2001:db8::1 or 2001:db8::/48",
    );
  }
  const all = bytes.length * 8;
  if (prefix === undefined) return { bytes, bits: all };
  const most = address!.includes(":") ? 128 : 32;
  const written = /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  // Of a mapped IPv4 address the bits before it are counted, too.
  const bits = written - (most - all);
  if (!(written <= most && bits >= 0)) {
    throw new NetworkError(
      `${JSON.stringify(text)} is no prefix: after the / wanted ${most - all} to ${most}`,
    );
  }
  for (let i = 0; i < bytes.length; i++) bytes[i]! &= maskOf(bits - 8 * i);
  return { bytes, bits };
}

/** The one text that a network is known by: no host bits, IPv6 as RFC 5952 writes it, an address without a prefix. */
export function networkText({ bytes, bits }: Network): string {
  const address = bytes.length === 4 ? bytes.join(".") : ipv6Text(bytes);
  return bits === bytes.length * 8 ? address : `${address}/${bits}`;
}

/** Whether the address, as `addressBytes` gives it, lies in the network. */
export function isWithin(address: Uint8Array, { bytes, bits }: Network): boolean {
  if (address.length !== bytes.length) return false;
  for (let i = 0, left = bits; left > 0; i++, left -= 8) {
    if (((address[i]! ^ bytes[i]!) & maskOf(left)) !== 0) return false;
  }
  return true;
}

/** The bits of one byte that count where so many are left. */
function maskOf(left: number): number {
  return left >= 8 ? 0xff : left <= 0 ? 0 : (0xff << (8 - left)) & 0xff;
}

/** 4 bytes of an IPv4 address, also of a mapped one; 16 of an IPv6 one; null where the text is neither. */
export function addressBytes(text: string): Uint8Array | null {
  if (!text.includes(":")) return ipv4Bytes(text);
  // A zone says which interface of this machine it came by: not whose it is.
  const bare = text.split("%", 1)[0]!;
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(bare)) return null;
  // The platform's own reader of IPv6 addresses; it writes every one in the same way, as hex groups.
  const url = URL.parse(`http://[${bare}]/`);
  if (url === null) return null;
  const [head, tail] = url.hostname.slice(1, -1).split("::", 2);
  const before = groupsOf(head!);
  const after = groupsOf(tail ?? "");
  const groups = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
    ? bytes.slice(12)
    : bytes;
}

/** Digits and dots by hand: a filter asks it of thousands of sessions. Decimal only, without leading zeros. */
function ipv4Bytes(text: string): Uint8Array | null {
  if (text.length > 15) return null;
  const bytes = new Uint8Array(4);
  let at = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (value === 0) return null;
      value = Math.max(value, 0) * 10 + digit;
      if (value > 255) return null;
    } else if ((i === text.length || digit === -2) && value >= 0 && at < 4) {
      bytes[at++] = value;
      value = -1;
    } else return null;
  }
  return at === 4 ? bytes : null;
}

function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8 | bytes[2 * i + 1]!));
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]/`).hostname
    .slice(1, -1);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}
