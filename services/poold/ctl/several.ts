/** Several processes of one service, of which one has what is asked for. @module */
import { Code, ConnectError } from "@gopool/control";
import type { Member } from "./pool.ts";

/** The answer of the first that knows of it. @throws What the last says, where none does. */
export async function firstThatHas<T>(
  members: readonly Member[],
  ask: (member: Member) => Promise<T>,
): Promise<T> {
  let last: unknown;
  for (const member of members) {
    try {
      return await ask(member);
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== Code.NotFound) throw error;
      last = error;
    }
  }
  throw last;
}
