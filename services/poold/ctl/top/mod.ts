/** `top`: the pool at a glance, again and again. @module */
import { type Command, Option } from "commander";
import { spanWithin } from "../arguments.ts";
import type { Ctl, Run } from "../context.ts";
import { EXIT, Told } from "../faults.ts";
import { look } from "./look.ts";
import { screenOf } from "./render.ts";

const EVERY_MIN_MS = 500;
const EVERY_MAX_MS = 60_000;

export function topCommand(program: Command, run: Run): void {
  program.command("top")
    .description(
      "a live screen: hashrate, sessions, lag, last blocks; q or Ctrl-C ends it. Into a pipe: once",
    )
    .addOption(
      new Option("--every <time>", "how often it is drawn anew")
        .argParser(spanWithin(EVERY_MIN_MS, EVERY_MAX_MS)).default(2_000, "2s"),
    )
    .action(({ every }) => run((ctl) => top(ctl, every)));
}

async function top(ctl: Ctl, everyMs: number): Promise<void> {
  if (ctl.out.json) {
    throw new Told(
      "top is for people: in JSON there are status, sessions, jobs and blocks",
      EXIT.mistake,
    );
  }
  // Where nobody answers, that is told as by every command.
  await ctl.pool.members();
  const screen = ctl.io.screen();
  if (screen === null) {
    for (const line of screenOf(await look(ctl), Infinity)) ctl.out.line(line);
    return;
  }
  const { ended } = screen;
  const live = { ...ctl, signal: ended };
  try {
    while (!ended.aborted) {
      const seen = await look(live);
      if (ended.aborted) break;
      // The last line stays free: the terminal would scroll.
      screen.draw(screenOf(seen, screen.columns, screen.rows - 1));
      await ctl.clock.sleep(everyMs, ended);
    }
  } finally {
    screen.close();
  }
}
