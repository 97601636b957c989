/** Is it well: all services of all processes in one table. @module */
import {
  ControlService,
  Health,
  type Part,
  Phase,
  type StatusResponse,
  StatusResponseSchema,
} from "@gopool/proto/control";
import type { Command } from "commander";
import type { Cells } from "../ledger/show.ts";
import type { Ctl, Run } from "./context.ts";
import { NotWell } from "./faults.ts";
import { HELPERS, type Member, servicesOf, type Silent } from "./pool.ts";
import { ago, word } from "./words.ts";

export function statusCommands(program: Command, run: Run): void {
  program.command("status")
    .description(
      "is it well: every service, what troubles it, how far it is behind; ends with 1 if one is not well",
    )
    .option("--parts", "also each part that is well")
    .action(({ parts = false }) => run((ctl) => status(ctl, parts)));
}

async function status({ pool, out, clock, complain }: Ctl, withParts: boolean): Promise<void> {
  const asked = await pool.asked();
  // Where nobody answers, that is the answer.
  if (asked.every((one) => "why" in one)) await pool.members();
  const whole = await Promise.all(
    asked.map(async (one): Promise<Member | Silent> =>
      "why" in one
        ? one
        : { ...one, status: await one.client(ControlService).status({}, pool.calling()) }
    ),
  );
  const nowMs = clock.now();
  const members = whole.filter((one): one is Member => "status" in one);
  const silent = whole.filter((one): one is Silent => "why" in one);
  if (out.json) out.list(StatusResponseSchema, members.map((one) => one.status), () => ({}));
  else {
    const rows = members.flatMap((one) => rowsOf(one, nowMs));
    const shown = withParts ? rows : rows.filter((row) => !HELPERS.has(row.service) || isOdd(row));
    out.rows([...shown, ...silent.map(silentRow)]);
    for (const one of members) for (const line of troublesOf(one.status, nowMs)) out.line(line);
    if (withParts) {
      for (const { place, status } of members) {
        out.table(`parts of ${status.name} at ${place.name}`, status.parts.map(partRow(nowMs)));
      }
    }
  }
  for (const { why } of silent) complain(why);
  if (silent.length > 0 || !members.every((one) => isWell(one.status))) throw new NotWell();
}

/** Ready, all at work, and no part that somebody should look at. */
export function isWell({ ready, parts, services, phase }: StatusResponse): boolean {
  return ready && phase === Phase.WORKING &&
    services.every((one) => one.phase === Phase.WORKING) &&
    parts.every(({ health }) => health === Health.OK);
}

type Row = Cells & { readonly service: string; readonly phase: string; readonly health: string };

function isOdd({ phase, health }: Row): boolean {
  return phase !== word(Phase, Phase.WORKING) || health !== word(Health, Health.OK);
}

function rowsOf(member: Member, nowMs: number): Row[] {
  const { status, place } = member;
  const states = new Map(status.services.map((one) => [one.name, one]));
  const rows = servicesOf(member).map((name) => {
    const state = states.get(name);
    return {
      service: name,
      at: place.name,
      phase: word(Phase, state?.phase ?? status.phase),
      since: ago(state?.sinceMs ?? status.phaseSinceMs, nowMs),
      health: healthOf(status.parts.filter(({ name: part }) => belongs(part, name))),
      behind: behind(status, name),
      version: status.version,
    };
  });
  if (rows.some(({ service }) => service === status.name)) {
    // The process is the service: all that troubles it is that row's.
    return rows.map((row) =>
      row.service === status.name ? { ...row, health: wholeHealth(status) } : row
    );
  }
  return [{
    service: status.name,
    at: place.name,
    phase: word(Phase, status.phase),
    since: ago(status.phaseSinceMs, nowMs),
    health: wholeHealth(status),
    behind: null,
    version: status.version,
  }, ...rows];
}

function wholeHealth({ ready, parts }: StatusResponse): string {
  return ready ? healthOf(parts) : "down";
}

function healthOf(parts: readonly Part[]): string {
  return word(Health, Math.max(Health.OK, ...parts.map(({ health }) => health)));
}

/** Parts are named after their service: `jobmanager`, `jobmanager/lead`. */
function belongs(part: string, service: string): boolean {
  return part === service || part.startsWith(`${service}/`) || part.startsWith(`${service} `);
}

/** Records that a service's groups of readers have not read yet. */
function behind({ lags, lagsTrouble }: StatusResponse, service: string): string | null {
  const own = lags.filter(({ group }) => group === service || group.startsWith(`${service}-`));
  if (own.length === 0) return lagsTrouble === "" ? null : "not known";
  return own.map(({ topic, lag }) => `${topic} ${lag}`).join(", ");
}

function silentRow({ place }: Silent): Cells {
  return { service: "?", at: place.name, phase: "does not answer", health: "down" };
}

function* troublesOf(status: StatusResponse, nowMs: number): Iterable<string> {
  const { name, waitingFor, parts, lagsTrouble } = status;
  const bad = parts.filter(({ health }) => health !== Health.OK);
  for (const { name: part, health, detail, sinceMs } of bad) {
    yield `${word(Health, health)} for ${ago(sinceMs, nowMs)}: ${part}: ${detail}`;
  }
  for (const sentence of waitingFor) {
    // What a part says stands above already.
    if (!bad.some(({ name: part }) => sentence.startsWith(`${part}:`))) {
      yield `${name}: ${sentence}`;
    }
  }
  if (lagsTrouble !== "") yield `${name}: lags are not known: ${lagsTrouble}`;
}

function partRow(nowMs: number) {
  return ({ name, health, detail, sinceMs, lastError, lastErrorAtMs }: Part): Cells => ({
    part: name,
    health: word(Health, health),
    since: ago(sinceMs, nowMs),
    detail,
    "last trouble": lastError === "" ? null : `${ago(lastErrorAtMs, nowMs)} ago: ${lastError}`,
  });
}
