/**
 * Asks a gateway's control plane at a fixed rate, as operators' screens and scripts do. Run by calls.ts only.
 *
 * @module
 */
import { controlClient } from "@gopool/control";
import { SessionService } from "@gopool/proto/control";
import { runProcess } from "@gopool/runtime";
import { Histogram } from "./histogram.ts";
import { saidBy, tell } from "./processes.ts";

/** Rounds of all calls before it begins: the compiler on both sides finds its paths. */
const WARM_ROUNDS = 20;

await runProcess("caller", async ({ args, signal }) => {
  const [port, token, perSecond] = args;
  using client = controlClient(`http://127.0.0.1:${port}`, token!);
  const sessions = client(SessionService);
  const { sessions: [first] } = await sessions.listSessions({ pageSize: 1 });
  const id = first!.id;
  // What a screen shows, one after the other; a filter that fits nobody looks at every session.
  const mix = [
    () => sessions.getGateway({}),
    () => sessions.listSessions({}),
    () => sessions.listSessions({ worker: "nobody has this name", network: "10.0.0.0/8" }),
    () => sessions.getSession({ id }),
    () => sessions.listUserAgents({}),
  ];
  for (let i = 0; i < WARM_ROUNDS; i++) for (const call of mix) await call();
  const latency = new Histogram();
  let failed = 0;
  let sent = 0;
  let ended = false;
  const startMs = performance.now();
  const underWay = new Set<Promise<void>>();
  async function send(): Promise<void> {
    while (!ended) {
      const due = Math.floor((performance.now() - startMs) / 1000 * Number(perSecond));
      for (; sent < due; sent++) {
        // From when it was due: a late caller hides nothing.
        const dueMs = startMs + sent * 1000 / Number(perSecond);
        const task: Promise<void> = mix[sent % mix.length]!().then(
          () => latency.add(performance.now() - dueMs),
          () => void failed++,
        ).finally(() => underWay.delete(task));
        underWay.add(task);
      }
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(underWay);
  }
  const sending = send();
  tell("calls", 0);
  for await (const _ of saidBy(signal)) break;
  ended = true;
  await sending;
  tell("answered", latency.size);
  tell("failed", failed);
  tell("p99", latency.quantile(0.99));
});
