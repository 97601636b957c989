/** Two scripted nodes as one, with all that a reader is told in view. @module */
import { assertEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { joinNodes } from "./nodes.ts";
import type { BestTip, Nodes } from "./port.ts";
import { ScriptedNode } from "./node_fixture.ts";

export interface Table extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly a: ScriptedNode;
  readonly b: ScriptedNode;
  readonly nodes: Nodes;
  readonly troubles: string[];
  /** What a reader of watch() was told: "name of the tip from node". */
  readonly told: string[];
  /** Begins to read. */
  read(): void;
}

export function openTable(): Table {
  const clock = new FakeClock();
  const a = new ScriptedNode("a:8332"), b = new ScriptedNode("b:8332");
  const troubles: string[] = [];
  const told: string[] = [];
  const nodes = joinNodes([a, b], { clock, onTrouble: (sentence) => troubles.push(sentence) });
  const stop = new AbortController();
  let reading: Promise<void> = Promise.resolve();
  return {
    clock,
    a,
    b,
    nodes,
    troubles,
    told,
    read() {
      reading = (async () => {
        for await (const best of nodes.watch(stop.signal)) told.push(shown(best));
      })();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
      await nodes[Symbol.asyncDispose]();
      assertEquals([a.disposed, b.disposed, a.watchers, b.watchers], [true, true, 0, 0]);
      assertEquals(clock.sleepers, 0);
    },
  };
}

export function shown({ tip, node }: BestTip): string {
  return `${new TextDecoder().decode(tip.hash).replace(/\0+$/, "")} from ${node.name[0]}`;
}
