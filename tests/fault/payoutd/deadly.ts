/**
 * Ledger, nodes and signer that end their process with -9 at a moment: what a power cut does there.
 *
 * @module
 */
import type { Ledger, Tx } from "@gopool/ledger";
import type { Nodes } from "@gopool/node";
import type { Signer } from "@gopool/payoutd/signing";
import type { Moment } from "./moments.ts";

export function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  while (true); // the signal is on its way: nothing more may happen
}

export function deadlyLedger(ledger: Ledger, moment: Moment): Ledger {
  if (!("statement" in moment)) return ledger;
  const { statement, when } = moment;
  return over(ledger, {
    async transaction<T>(work: (tx: Tx) => Promise<T>, ...options: []): Promise<T> {
      let hit = false;
      const watched = (tx: Tx): Tx => ({
        query: (...call) => tx.query(...call),
        async prepared(name, ...call) {
          const rows = await tx.prepared(name, ...call);
          if (name !== statement) return rows as never;
          if (when === "after it") die();
          hit = true;
          return rows as never;
        },
      });
      const value = await ledger.transaction(async (tx) => {
        hit = false;
        const answer = await work(watched(tx));
        if (hit && when === "before the commit") die();
        // The commit goes out in this turn of the event loop.
        if (hit && when === "during the commit") setTimeout(die, 0);
        return answer;
      }, ...options);
      if (hit && when === "after the commit") die();
      return value;
    },
  });
}

export function deadlySigner(signer: Signer, moment: Moment): Signer {
  if (!("outside" in moment)) return signer;
  return over(signer, {
    async sign(...call: Parameters<Signer["sign"]>) {
      if (moment.outside === "before signing") die();
      const signed = await signer.sign(...call);
      if (moment.outside === "after signing") die();
      return signed;
    },
  });
}

export function deadlyNodes(nodes: Nodes, moment: Moment): Nodes {
  if (!("outside" in moment) || moment.outside !== "after sending") return nodes;
  const list = nodes.list.map((node) =>
    over(node, {
      async send(...call: Parameters<typeof node.send>) {
        await node.send(...call);
        return die();
      },
    })
  );
  return over(nodes, { list });
}

/** An object with some of its members changed. */
function over<T extends object>(target: T, changes: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(target, {
    get(of, name) {
      if (name in changes) return changes[name as keyof T];
      const value = Reflect.get(of, name, of);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
}
