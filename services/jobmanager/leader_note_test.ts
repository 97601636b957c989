import { assertEquals } from "@std/assert";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { notedLeader, noteLeader } from "./leader_note.ts";

Deno.test("who leads is what was noted last, and nobody where the store is away or says nonsense", async () => {
  await using state = await openState("memory:", { clock: new FakeClock() });
  assertEquals(await notedLeader(state, "gopool"), null);
  await noteLeader(state, "gopool", { holder: "a", term: 1 });
  await noteLeader(state, "gopool", { holder: "b", term: 2 });
  await noteLeader(state, "another", { holder: "c", term: 9 });
  assertEquals(await notedLeader(state, "gopool"), { holder: "b", term: 2 });
  for (const nonsense of ["null", "{", '{"holder":1,"term":1}', '{"holder":"a"}']) {
    await state.set("leads:jobmanager:gopool", new TextEncoder().encode(nonsense));
    assertEquals(await notedLeader(state, "gopool"), null, nonsense);
  }
  const away = () => Promise.reject(new StateUnavailable("away"));
  const gone = { get: away, set: away } as unknown as State;
  await noteLeader(gone, "gopool", { holder: "a", term: 1 });
  assertEquals(await notedLeader(gone, "gopool"), null);
});
