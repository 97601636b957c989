/**
 * Who of a group gets which partition, as the group's leader works it out: nobody's work is interrupted for a
 * partition that stays where it is, and one that moves is first given back by whoever has it (cooperative
 * rebalancing, KIP-429).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { shareOut } from "../group.ts";

/** What a member says of itself when it joins. */
export interface Claim {
  readonly member: string;
  /** Partitions it is at work on, those it is about to give back among them. */
  readonly owned: readonly number[];
  /** Generation of the group in which they were given to it: of two who claim a partition the later one has it. */
  readonly generation: number;
}

/**
 * Partitions per member. One that another member still works on is given to nobody: its owner sees that it is
 * not in its share, ends, and joins again, and then it is free.
 */
export function assign(partitions: number, claims: readonly Claim[]): Map<string, number[]> {
  const members = claims.map(({ member }) => member).toSorted();
  const claimants = Array.from(
    { length: partitions },
    (_, partition) =>
      claims.filter(({ owned }) => owned.includes(partition))
        .toSorted((a, b) => b.generation - a.generation || (a.member < b.member ? -1 : 1))
        .map(({ member }) => member),
  );
  const wanted = shareOut(claimants.map(([first]) => first), members);
  const shares = new Map(members.map((member) => [member, [] as number[]]));
  wanted.forEach((member, partition) => {
    const isFree = claimants[partition]!.every((claimant) => claimant === member);
    // Its latest owner goes on while a straggler gives up: only a newcomer has to wait for both.
    if (isFree || claimants[partition]![0] === member) shares.get(member)!.push(partition);
  });
  return shares;
}

/** A member's claim as the bytes that travel with its request to join: a Buffer, as kafkajs's encoder wants them. */
export function encodeClaim(claim: Omit<Claim, "member">): Buffer {
  return Buffer.from(JSON.stringify(claim));
}

/** The claim of a member; one that cannot be read owns nothing, as a member of another program would. */
export function decodeClaim(member: string, bytes: Uint8Array): Claim {
  try {
    const { owned, generation } = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(owned) && owned.every(Number.isSafeInteger) && Number.isInteger(generation)) {
      return { member, owned, generation };
    }
  } catch {
    // Told below.
  }
  return { member, owned: [], generation: -1 };
}
