import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { shareSubmissions } from "./mod.ts";
import { inFolder, linesOf, openFile, spawnChild } from "./sqlite_stand_fixture.ts";

/** Kills on one file, one after another: each opens what the one before left. */
const KILLS = 4;
/** Confirmed calls after which a kill may come; the rest is chance. */
const CALLS_BEFORE_KILL = [30, 200, 90, 400];

type Confirmed = [partition: number, offset: number, text: string];

Deno.test("sqlite: a file left by kill -9 opens clean, with every confirmed message in it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    const confirmed: Confirmed[] = [];
    const handled = [0, 0, 0, 0];
    let id: string | undefined;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = spawnChild("fill", folder, `sqlite:${path}`);
      const stderr = new Response(child.stderr).text();
      let calls = 0;
      for await (const line of linesOf(child)) {
        if (Array.isArray(line)) {
          confirmed.push(...line as Confirmed[]);
          calls += 1;
          if (calls === CALLS_BEFORE_KILL[kill]) child.kill("SIGKILL");
        } else {
          const [partition, next] = (line as { handled: [number, number] }).handled;
          handled[partition] = Math.max(handled[partition]!, next);
        }
      }
      assertEquals([(await child.status).signal, await stderr], ["SIGKILL", ""]);

      await using bus = await openFile(path);
      id ??= await bus.logId();
      assertEquals(await bus.logId(), id);
      const log: string[][] = [];
      const text = new TextDecoder();
      for (const { partition, earliest, next } of await bus.ends(shareSubmissions)) {
        assertEquals(earliest, 0);
        const texts: string[] = log[partition] = [];
        let lastMs = 0;
        for await (const { messages } of bus.read(shareSubmissions, partition, 0)) {
          for (const message of messages) {
            assertEquals(message.offset, texts.length);
            assert(message.loggedAtMs >= lastMs);
            lastMs = message.loggedAtMs;
            texts.push(text.decode(message.value));
          }
        }
        assertEquals(texts.length, next);
        // The same record twice would be the bus's own doing: the writers never repeat themselves.
        assertEquals(new Set(texts).size, texts.length);
      }
      for (const [partition, offset, value] of confirmed) {
        assertEquals(log[partition]![offset], value);
      }
      const positions = await bus.committed(shareSubmissions, "readers");
      positions.forEach((position, partition) =>
        assertLessOrEqual(position ?? 0, handled[partition]!)
      );
      // A batch that was handled before the kill may come again; its positions must not have been held back long.
      if (kill === KILLS - 1) assertGreater(Math.max(...positions.map((p) => p ?? 0)), 0);
    }
  }));
