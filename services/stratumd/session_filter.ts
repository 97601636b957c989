/**
 * Which sessions an operator asks for. The cheap questions come first: a gateway has thousands of sessions.
 *
 * @module
 */
import { SessionState } from "@gopool/proto/control";
import { isWithin, parseNetwork } from "./networks.ts";
import type { Session } from "./session.ts";

/** Each as in ListSessionsRequest: empty or absent lets all through. */
export interface SessionWish {
  readonly account?: string;
  readonly network?: string;
  readonly worker?: string;
  readonly userAgent?: string;
  readonly state?: SessionState;
}

export interface Meanings {
  /** The canonical form of a payout address. */
  readonly accountOf: (address: string) => string;
  readonly stateOf: (session: Session) => SessionState;
}

type Test = (session: Session) => boolean;

/**
 * What a session must be.
 *
 * @throws {NetworkError} @throws {AddressError} What was asked for is none.
 */
export function sessionFilter(wish: SessionWish, { accountOf, stateOf }: Meanings): Test {
  const tests: Test[] = [];
  const { account = "", network = "", worker = "", userAgent = "" } = wish;
  const { state = SessionState.UNSPECIFIED } = wish;
  if (account !== "") {
    const canonical = accountOf(account);
    tests.push(({ workers }) => some(workers, (one) => one.account === canonical));
  }
  if (network !== "") {
    const wanted = parseNetwork(network);
    tests.push(({ addressBytes }) => addressBytes !== null && isWithin(addressBytes, wanted));
  }
  if (state !== SessionState.UNSPECIFIED) tests.push((session) => stateOf(session) === state);
  if (userAgent !== "") {
    const part = userAgent.toLowerCase();
    tests.push(({ named, agent }) =>
      agent.name.toLowerCase().includes(part) || named?.name.toLowerCase().includes(part) === true
    );
  }
  if (worker !== "") {
    const part = worker.toLowerCase();
    tests.push(({ workers }) => some(workers, (one) => one.worker.toLowerCase().includes(part)));
  }
  return (session) => tests.every((test) => test(session));
}

function some<T>(all: Iterable<T>, test: (one: T) => boolean): boolean {
  for (const one of all) if (test(one)) return true;
  return false;
}
