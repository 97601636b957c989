/**
 * The pool as a process that kills itself, with -9, at a named point once it is armed: what a power cut does.
 * A line on standard input arms it. Run by crash_test.ts only.
 *
 * @module
 */
import { type Bus, shareValid } from "@gopool/bus";
import { readConfig } from "@gopool/config";
import { runProcess } from "@gopool/runtime";
import { schema } from "@gopool/poold/config";
import { holdFolder } from "@gopool/runtime";
import { openPool } from "@gopool/poold";

/** Where it may die, by the topic whose publish has just become durable. */
const AFTER_PUBLISH: Record<string, string> = {
  "after publish, before the answer": "share.submissions",
  "after valid, before the commit": "share.valid",
  "after the candidate, before the block": "block.candidates",
  "after the block, before it is submitted": "block.solved",
  "after it was submitted, before the spool knows": "block.found",
};
/** Where it may die instead of publishing, some moments late: whatever rests on that publish must not have gone ahead. */
const BEFORE_PUBLISH: Record<string, string> = {
  "before the shares are written": "share.submissions",
  "while the candidate is on the gateway's disk only": "block.candidates",
};
const IN_REBUILD = "in the middle of the rebuild";

const [point = "", ...args] = Deno.args;
let armed = point === IN_REBUILD;
const gathers = AFTER_PUBLISH[point] === "share.submissions";
let published = 0;
/** Shares that are in the log and unanswered when it dies, if they come in time. */
const BURST = 120;
const GATHER_MS = 500;

function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  while (true); // the signal is on its way: nothing more may happen
}

function deadly(bus: Bus): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === "publish") {
        return async (...call: Parameters<Bus["publish"]>) => {
          if (armed && BEFORE_PUBLISH[point] === call[0].name) {
            await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
            die();
          }
          // While a burst gathers, the judge must not get ahead: it is to be unjudged when all dies.
          if (armed && gathers && call[0] === shareValid) await new Promise(() => {});
          const placements = await target.publish(...call);
          if (!armed || AFTER_PUBLISH[point] !== call[0].name) return placements;
          published += call[1].length;
          // A burst comes in several publishes: none of them is answered any more.
          if (gathers && published < BURST) {
            await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
          }
          die();
        };
      }
      if (name === "read" && point === IN_REBUILD) {
        return async function* (...call: Parameters<Bus["read"]>) {
          for await (const batch of target.read(...call)) {
            yield batch;
            if (armed && call[0] === shareValid) die();
          }
        };
      }
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function armOnInput(): Promise<void> {
  for await (const _ of Deno.stdin.readable) armed = true;
}

await runProcess("poold", async ({ env, clock, random, log, signal }) => {
  const config = readConfig("poold", schema, { args, env });
  using _folder = await holdFolder(config.dataDir);
  await using pool = await openPool(config, { clock, random, log, signal, wrapBus: deadly });
  void armOnInput();
  await pool.run(signal);
  Deno.exit(0); // standard input keeps the process alive
});
