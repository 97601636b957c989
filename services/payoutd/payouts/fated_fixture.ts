/**
 * Ledger, nodes and signer to which something happens: the process dies, or they are away. For tests only.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import { type Ledger, LedgerUnavailable } from "@gopool/ledger";
import { type Node, NodeUnavailable } from "@gopool/node";
import { SigningFailed } from "../signing/port.ts";
import type { PayoutsDeps } from "./deps.ts";

/** The process is dead. */
export class Crash extends Error {
  override name = "Crash";
}

/** What happens at an event: nothing, the process dies, or the other side is away, and nobody knows whether it acted. */
export type Fate = "well" | "dies" | "away";

/**
 * Deps to which something happens before and after transactions, signatures and sendings.
 *
 * @param sent Gets the raw transactions that were sent, as hex.
 */
export function fated(
  deps: PayoutsDeps,
  next: () => Fate,
  sent: Set<string>,
): Partial<PayoutsDeps> {
  const meet = (away: () => Error) => {
    const fate = next();
    if (fate === "dies") throw new Crash();
    if (fate === "away") throw away();
  };
  const around = async <T>(work: () => Promise<T>, away: () => Error): Promise<T> => {
    meet(away);
    const result = await work();
    meet(away);
    return result;
  };
  const noLedger = () => new LedgerUnavailable("the ledger is away", true);
  const noNode = () => new NodeUnavailable("the node is away", "unreachable");
  const ledger: Ledger = {
    name: deps.ledger.name,
    transaction: (work, how) => around(() => deps.ledger.transaction(work, how), noLedger),
    hold: (lock) => deps.ledger.hold(lock),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const list = deps.nodes.list.map((node): Node =>
    new Proxy(node, {
      get(target, key) {
        if (key === "send") {
          return (raw: Uint8Array) =>
            around(() => {
              sent.add(toHex(raw));
              return target.send(raw);
            }, noNode);
        }
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    })
  );
  const signer = {
    ...deps.signer!,
    sign: (...args: Parameters<NonNullable<PayoutsDeps["signer"]>["sign"]>) =>
      around(() => deps.signer!.sign(...args), () => new SigningFailed("the signer is away")),
  };
  return { ledger, nodes: { ...deps.nodes, list }, signer };
}
