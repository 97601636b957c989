import { openState } from "@gopool/state";
import { FakeClock, silent } from "@gopool/testing";
import { assertEquals } from "@std/assert";
import type { BanIndex } from "./ban_index.ts";
import { type Ban, Bans } from "./bans.ts";

Deno.test("a ban that was put into an older copy of the list is kept; what was ended stays ended", async () => {
  for (const byCall of [false, true]) {
    const clock = new FakeClock();
    await using state = await openState("memory:", { clock });
    const told: string[] = [];
    const gateway = () => new Bans({ state, clock, log: silent, onBans: () => 0 });
    const onBans = (fresh: BanIndex) => told.push(fresh.ofAddress("10.0.0.3")?.target ?? "");
    const knows = new Bans({ state, clock, log: silent, onBans });
    const since = (target: string): Ban => {
      const sinceMs = clock.now();
      const untilMs = sinceMs + 86_400_000;
      return { kind: "network", target, reason: "r", by: "olga", sinceMs, untilMs };
    };
    await knows.ban(since("10.0.0.1"));
    await clock.advance(1);
    await knows.ban(since("10.0.0.2"));
    const older = (await state.get("bans"))!;
    await knows.unban({ kind: "network", target: "10.0.0.2" });
    await knows.unban({ kind: "network", target: "10.0.0.9" });
    await clock.advance(1);
    await knows.unban({ kind: "network", target: "10.0.0.1" });
    // The state is an older one again, and a gateway that knows no better bans somebody.
    await state.set("bans", older);
    await gateway().ban(since("10.0.0.3"));
    if (byCall) await knows.unban({ kind: "network", target: "10.0.0.9" });
    const stop = new AbortController();
    const running = knows.run(stop.signal);
    stop.abort();
    await running;
    assertEquals(knows.all.map(({ target }) => target), ["10.0.0.3"]);
    assertEquals(told.at(-1), "10.0.0.3", "its sessions are closed");
    const fresh = gateway();
    await fresh.unban({ kind: "network", target: "10.0.0.9" });
    assertEquals(fresh.all.map(({ target }) => target), ["10.0.0.3"]);
  }
});
