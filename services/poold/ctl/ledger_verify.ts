/** Holds the books against their own rules. @module */
import { type VerifyResult, VerifyResultSchema } from "@gopool/proto/control";
import type { Command } from "commander";
import type { Ctl, Run } from "./context.ts";
import { NotWell, Told } from "./faults.ts";
import { ledgerClient } from "./ledger_client.ts";
import { watched } from "./watched.ts";
import { count } from "./words.ts";

export function verifyCommand(ledger: Command, run: Run): void {
  ledger.command("verify")
    .description("checks the books against their rules; ends with 1 where one is broken")
    .action(() => run(verify));
}

/** Books of a year take minutes; those of a day are checked before anybody wonders. */
const TELL_EVERY_MS = 5_000;

async function verify(ctl: Ctl): Promise<void> {
  const books = await ledgerClient(ctl);
  let result: VerifyResult | undefined;
  let toldMs = ctl.clock.monotonic();
  const open = (signal: AbortSignal) => books.verify({}, { signal });
  for await (const { step } of watched(ctl, open)) {
    if (step.case === "progress") {
      const nowMs = ctl.clock.monotonic();
      if (nowMs - toldMs < TELL_EVERY_MS) continue;
      toldMs = nowMs;
      ctl.out.line(`${step.value.checksDone} of ${step.value.checks} checks`);
    } else if (step.case === "result") result = step.value;
  }
  if (result === undefined) throw new Told("The check ended without a result: ask again");
  ctl.out.said(VerifyResultSchema, result, linesOf);
  if (result.problems.length > 0) throw new NotWell();
}

function* resultLines({ checks, entries, problems, more, notes }: VerifyResult): Iterable<string> {
  for (const { invariant, line } of problems) yield `${invariant}: ${line}`;
  for (const note of notes) yield `note: ${note}`;
  const found = problems.length === 0
    ? "all is right"
    : `${count(problems.length, "problem")}${more ? ", and more" : ""}`;
  yield `${found}: ${count(checks, "check")}, ${entries} entries`;
}

const linesOf = (result: VerifyResult) => [...resultLines(result)];
