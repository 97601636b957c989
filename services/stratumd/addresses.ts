/**
 * Network addresses as limits count them.
 *
 * @module
 */

/** Groups of an IPv6 address that name the network; the other four are the host's own to choose. */
const NETWORK_GROUPS = 4;

/**
 * What one customer of a network has: an IPv4 address, or the /64 of an IPv6 one (RFC 6177: nobody is given less, and
 * whoever has it can make up 2^64 addresses). An IPv4 address that comes in IPv6's clothes is itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const bare = address.split("%", 1)[0]!.toLowerCase();
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (v4 !== null) return v4[1]!;
  const [head, tail] = bare.split("::", 2);
  const before = groupsOf(head!);
  const after = groupsOf(tail ?? "");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  return `${groups.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":").map((group) => group.replace(/^0+(?=.)/, ""));
}
