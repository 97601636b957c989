import { Buffer } from "node:buffer";
import { silent, systemClock } from "@gopool/runtime";
import { assertEquals } from "@std/assert";
import { Lines, type LinesDeps } from "./lines.ts";
import type { Methods } from "./methods.ts";
import { Session } from "./session.ts";
import type { Intake } from "./submit.ts";

const utf8 = new TextEncoder();

/** Lines whose methods are written down; a subscribe waits for `found`. */
function open() {
  const found = Promise.withResolvers<void>();
  const handled: string[] = [];
  const methods = {
    handle: (_: Session, { method }: { method: string }) => {
      handled.push(method);
      return method === "mining.subscribe" ? found.promise : undefined;
    },
  };
  const host = { mark: "0", touch: () => {}, drop: () => {} };
  const session = new Session({} as Session["socket"], "::1", 0, host, 1);
  const lines = new Lines(
    {
      methods: methods as unknown as Methods,
      intake: {} as Intake,
      clock: systemClock,
      log: silent,
      endTurn: () => {},
      drop: () => {},
    } satisfies LinesDeps,
  );
  return { lines, session, handled, found };
}

Deno.test("lines that wait for a store are copies: the chunk they came in is read into again", async () => {
  const { lines, session, handled, found } = open();
  const chunk = Buffer.from(
    `{"id":1,"method":"mining.subscribe"}\n{"id":2,"method":"mining.authorize"}\n`,
  );
  lines.read(session, chunk);
  chunk.fill("x");
  found.resolve();
  await lines.settled();
  assertEquals(handled, ["mining.subscribe", "mining.authorize"]);
});

Deno.test("after the stop, what was held up in a socket is not taken any more", () => {
  const { lines, session, handled } = open();
  const ping = utf8.encode(`{"id":1,"method":"mining.ping"}\n`);
  lines.read(session, ping);
  lines.stop();
  lines.read(session, ping);
  assertEquals(handled, ["mining.ping"]);
});
