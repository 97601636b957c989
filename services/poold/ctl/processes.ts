/** Commands for a process as such: its settings, draining, where its time and memory go. @module */
import {
  ControlService,
  DrainResponseSchema,
  HeapResponseSchema,
  Phase,
  type ServiceState,
  type Setting,
  SettingSchema,
  Source,
  UndrainResponseSchema,
} from "@gopool/proto/control";
import { type Command, Option } from "commander";
import { spanWithin } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { EXIT, Told } from "./faults.ts";
import type { Member } from "./pool.ts";
import { bytes, word } from "./words.ts";

/** The API's bounds (control.proto). */
const DRAIN_WAIT_MAX_MS = 60_000;
const SAMPLE_MAX_MS = 60_000;
/** A profile of a minute is of a few MB: more is none. */
const PROFILE_MAX_BYTES = 256 * 1024 * 1024;

const SERVICES = ["stratumd", "jobmanager", "shareproc", "blocksubmit", "payoutd", "poold"];

export function processCommands(program: Command, run: Run): void {
  program.command("settings")
    .description("the settings in effect, each with where it came from; secrets are hidden")
    .option("--all", "also those that are not set")
    .action(({ all = false }) => run((ctl) => settings(ctl, all)));

  const service = () => program.createArgument("<service>", "which").choices(SERVICES);
  program.command("drain").addArgument(service())
    .description(
      "ends a service's work with what is in hand finished; its process stays and says so",
    )
    .addOption(
      new Option("--wait <time>", "how long to wait for the end of it")
        .argParser(spanWithin(0, DRAIN_WAIT_MAX_MS)).default(30_000, "30s"),
    )
    .action((service: string, { wait }: { wait: number }) =>
      run((ctl) => drain(ctl, service, wait))
    );
  program.command("undrain").addArgument(service())
    .description("lets a drained service work again")
    .action((service: string) => run((ctl) => undrain(ctl, service)));

  program.command("profile")
    .description(
      "where a process spends its time, as a .cpuprofile for a browser's developer tools",
    )
    .requiredOption("--to <file>", "written there; it must not exist")
    .addOption(sampled().default(5_000, "5s"))
    .action(({ to, for: forMs }) => run((ctl) => profile(ctl, to, forMs)));
  program.command("heap")
    .description(
      "what a process uses its memory for; with --for also where it was allocated meanwhile",
    )
    .addOption(sampled())
    .action(({ for: forMs = 0 }) => run((ctl) => heap(ctl, forMs)));
}

function sampled(): Option {
  return new Option("--for <time>", "how long samples are taken, at most a minute")
    .argParser(spanWithin(100, SAMPLE_MAX_MS));
}

async function settings({ pool, out }: Ctl, all: boolean): Promise<void> {
  const members = await pool.members();
  for (const { client, status, place } of members) {
    const { settings } = await client(ControlService).settings({}, pool.calling());
    if (members.length > 1) out.line(`${status.name} at ${place.name}:`);
    out.list(
      SettingSchema,
      all ? settings : settings.filter(({ source }) => source !== Source.ABSENT),
      settingRow,
    );
  }
}

function settingRow({ variable, value, source, from, help }: Setting) {
  return { setting: variable, value, from: from === "" ? word(Source, source) : from, what: help };
}

/** Of several processes of a service one must be named: ending the work of all is never meant by chance. */
async function theOne({ pool }: Ctl, service?: string): Promise<Member> {
  const members = service === undefined ? await pool.members() : await pool.of(service);
  if (members.length === 1) return members[0]!;
  const where = members.map(({ status, place }) => `${place.name} (${status.name})`).join(", ");
  throw new Told(`Which one? Name one of them with --address: ${where}`, EXIT.mistake);
}

/** By its name in a process with others; the whole process where it is that, or the only one there. */
async function meant(ctl: Ctl, service: string): Promise<{ member: Member; name: string }> {
  const { pool } = ctl;
  if (service === "poold") {
    const found = (await pool.members()).filter(({ status }) => status.name === "poold");
    if (found.length === 1) return { member: found[0]!, name: "" };
    throw new Told("No poold answers there: name the service", EXIT.mistake);
  }
  const member = await theOne(ctl, service);
  return { member, name: member.status.name === service ? "" : service };
}

async function drain(ctl: Ctl, service: string, waitMs: number): Promise<void> {
  const { member, name } = await meant(ctl, service);
  const answer = await member.client(ControlService)
    .drain({ service: name, waitMs }, ctl.pool.calling(waitMs));
  ctl.out.said(DrainResponseSchema, answer, ({ services }) => services.map(stateLine));
}

async function undrain(ctl: Ctl, service: string): Promise<void> {
  const { member, name } = await meant(ctl, service);
  const answer = await member.client(ControlService).undrain({ service: name }, ctl.pool.calling());
  ctl.out.said(UndrainResponseSchema, answer, ({ services }) => services.map(undrainedLine));
}

function stateLine({ name, phase }: ServiceState): string {
  const rest = phase === Phase.DRAINING ? ": it finishes what is in hand" : "";
  return `${name} is ${word(Phase, phase)}${rest}`;
}

/** It is asked before the service has opened what it works on. */
function undrainedLine({ name, phase }: ServiceState): string {
  return phase === Phase.WORKING ? `${name} works again` : `${name} is told to work again`;
}

async function profile(ctl: Ctl, to: string, forMs: number): Promise<void> {
  const { pool, out } = ctl;
  const { client, status } = await theOne(ctl);
  // Opened before a minute is spent on it. Two profiles in one file are none.
  using file = await opened(to);
  let size = 0;
  for await (
    const { chunk } of client(ControlService).profile(
      { forMs },
      pool.calling(forMs + PROFILE_EXTRA_MS),
    )
  ) {
    size += chunk.length;
    if (size > PROFILE_MAX_BYTES) {
      throw new Told(`The profile is greater than ${bytes(PROFILE_MAX_BYTES)}`);
    }
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
  }
  out.line(`${to}: ${bytes(size)} of ${status.name}; open it in a browser's developer tools`);
}

/** Putting a profile together takes the process a while. */
const PROFILE_EXTRA_MS = 30_000;

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { createNew: true, write: true });
  } catch (error) {
    const why = error instanceof Deno.errors.AlreadyExists
      ? "it exists already"
      : (error as Error).message;
    throw new Told(`Cannot write ${path}: ${why}`, EXIT.mistake);
  }
}

async function heap(ctl: Ctl, sampleMs: number): Promise<void> {
  const { pool, out } = ctl;
  const { client } = await theOne(ctl);
  const found = await client(ControlService).heap({ sampleMs }, pool.calling(sampleMs));
  out.one(HeapResponseSchema, found, (heap) => ({
    resident: bytes(heap.residentBytes),
    "heap used": bytes(heap.heapUsedBytes),
    "heap in all": bytes(heap.heapTotalBytes),
    "heap at most": bytes(heap.heapLimitBytes),
    "outside the heap": bytes(heap.externalBytes),
  }));
  out.table(
    "spaces",
    found.spaces.filter(({ sizeBytes }) => sizeBytes > 0n).map((
      { name, usedBytes, sizeBytes },
    ) => ({
      space: name,
      used: bytes(usedBytes),
      size: bytes(sizeBytes),
    })),
  );
  out.table(
    "allocated meanwhile and still held",
    found.allocations.map((one) => ({
      bytes: bytes(one.bytes),
      function: one.function,
      place: one.place,
    })),
  );
}
