/**
 * Miners by the thousand against the pool in a process of its own: how many shares, how soon answered, at what
 * cost. Every run also checks its books. Run it by `deno task load`; `--help` tells what it takes.
 *
 * @module
 */
import { ConfigError, HelpRequested, readConfig } from "@gopool/config";
import { loadApi } from "./api/main.ts";
import { type Control, underCalls } from "./calls.ts";
import { Fleet } from "./fleet.ts";
import { printGoals } from "./goals.ts";
import { loadKafka } from "./kafka/main.ts";
import { loadLedger } from "./ledger/main.ts";
import { broadcasts, memoryOf, openLoop, type Rate, saturate } from "./modes.ts";
import { type Options, schema } from "./options.ts";
import { canPin, pinSelf, usageOf } from "./processes.ts";
import { figure, printHead, printRow, type Row } from "./report.ts";
import { MISSES_MAX } from "./settings.ts";
import { poold, reference, type Start, stratumd, type Subject } from "./subjects.ts";

const SUBJECTS = { reference, stratumd, poold };
/** The server's core, and that of the generator and whatever else. */
const SERVER_CORE = 0;
const OWN_CORE = 1;
/** Time for the compiler to find the hot paths, not measured. */
const WARM_MS = 1_500;
/** Open loop: long enough for a hundred checkpoints of the log's worth of bad luck. */
const OPEN_LOOP_MS = 6_000;
const BROADCASTS = 5;
/** Turns of the open loop without and with control calls. */
const CONTROL_TURNS = 2;
/** Shares of one miner under way in the open loop: beyond it the share is late, which is counted. */
const OPEN_LOOP_PLACES = 8;

/** What went wrong, in sentences. */
const failures: string[] = [];
/** Figures that goals are set for; see goals.ts. */
const figures = new Map<string, number>();

async function main(options: Options): Promise<void> {
  const pinned = await canPin();
  if (pinned) await pinSelf(OWN_CORE);
  else console.log("The processes share the cores: they cannot be kept apart here.");
  if (await usageOf(Deno.pid) === null) console.log("CPU and memory are not known: no /proc here.");
  const flags = options.v8 === undefined ? [] : [`--v8-flags=${options.v8}`];
  printHead();
  for (const [name, start] of Object.entries(SUBJECTS)) {
    if (options.subject !== "all" && options.subject !== name) continue;
    await loadSubject(start, { core: pinned ? SERVER_CORE : null, flags }, options);
  }
  printGoals(figures);
  for (const failure of failures) console.log(`FAILED ${failure}`);
}

/** All modes on one server; then its books. */
async function loadSubject(
  start: (how: Start) => Promise<Subject>,
  how: Start,
  options: Options,
): Promise<void> {
  const wants = (mode: Options["mode"]) => options.mode === "all" || options.mode === mode;
  await using subject = await start(how);
  let accepted = 0;
  const run = async (
    miners: number,
    places: number,
    work: (fleet: Fleet) => Promise<void>,
  ) => {
    await using fleet = await Fleet.login(subject.port, miners, places);
    await work(fleet);
    accepted += fleet.accepted;
    checkFleet(subject.name, fleet);
  };
  if (wants("idle")) {
    const before = await usageOf(subject.pid);
    const miners = options.idleConnections;
    await run(miners, 1, async (fleet) => {
      const memory = await memoryOf(fleet, subject.pid, before);
      const { fromJobMs, fromFirstMs } = await broadcasts(fleet, subject.newJob, BROADCASTS);
      if (memory !== null) figures.set(`${subject.name}/idle/memory`, memory);
      figures.set(`${subject.name}/idle/job`, median(fromJobMs));
      printRow({
        server: subject.name,
        load: "idle, a job",
        miners,
        note: `${figure(memory)} kB a session; job to the last ${median(fromJobMs)} ms ` +
          `(worst ${Math.max(...fromJobMs)}), first to last ${median(fromFirstMs)}`,
      });
    });
  }
  if (wants("open-loop")) {
    await run(options.rateConnections, OPEN_LOOP_PLACES, async (fleet) => {
      const times = { perSecond: options.rate, warmMs: WARM_MS, runMs: OPEN_LOOP_MS };
      const work = () => openLoop(fleet, subject.pid, times);
      const { rate } = await rated(subject, `${options.rate}/s`, fleet, work);
      figures.set(`${subject.name}/open-loop/p99`, rate.p99);
    });
  }
  const { control } = subject;
  if (wants("control") && control !== null) {
    await run(
      options.rateConnections,
      OPEN_LOOP_PLACES,
      (fleet) => controlled(subject, control, fleet, how, options),
    );
  }
  for (const miners of wants("saturation") ? options.connections : []) {
    await run(miners, options.outstanding, async (fleet) => {
      const times = { warmMs: WARM_MS, runMs: options.seconds * 1000 };
      const work = () => saturate(fleet, subject.pid, times);
      const load = `saturation ${options.outstanding}`;
      const { rate, valid } = await rated(subject, load, fleet, work);
      const name = `${subject.name}/saturation/${miners}`;
      figures.set(`${name}/true`, rate.accepted / rate.seconds);
      if (valid !== undefined) figures.set(`${name}/valid`, valid.perSecond);
    });
  }
  if (subject.counted === null) return;
  const inTheBooks = await subject.counted();
  if (inTheBooks !== accepted) {
    failures.push(`${subject.name}: ${accepted} shares answered true, ${inTheBooks} in the books`);
  } else {
    printRow({
      server: subject.name,
      load: "books",
      miners: 0,
      note: `${accepted} true, as many in the books`,
    });
  }
}

/** The open loop without and with control calls, in turns on one fleet: what is beside it is the same for both. */
async function controlled(
  subject: Subject,
  control: Control,
  fleet: Fleet,
  { core }: Start,
  options: Options,
): Promise<void> {
  const times = { perSecond: options.rate, warmMs: WARM_MS, runMs: OPEN_LOOP_MS };
  const work = () => openLoop(fleet, subject.pid, times);
  const { name } = subject;
  const miners = fleet.clients.length;
  for (let turn = 0; turn < CONTROL_TURNS; turn++) {
    const without = await work();
    printRow({ server: name, load: "no calls", miners, rate: without, note: lateNote(without) });
    const pace = { perSecond: options.calls, core: core === null ? null : OWN_CORE };
    const { result, calls } = await underCalls(control, pace, work);
    printRow({
      server: name,
      load: `${options.calls} calls/s`,
      miners,
      rate: result,
      note: `${calls.answered} calls answered, p99 ${figure(calls.p99)} ms${lateNote(result)}`,
    });
    const worst = figures.get(`${name}/control/p99`) ?? 0;
    figures.set(`${name}/control/p99`, Math.max(worst, result.p99));
    if (calls.failed > 0) failures.push(`${name}: ${calls.failed} control calls failed`);
  }
}

function lateNote({ late }: Rate): string {
  return late > 0 ? `; ${late} not sent in time` : "";
}

/** Runs a load, waits until it is judged, and prints its row. */
async function rated(
  subject: Subject,
  load: string,
  fleet: Fleet,
  work: () => Promise<Rate>,
): Promise<Pick<Row, "valid"> & { readonly rate: Rate }> {
  const before = await usageOf(subject.pid);
  const startMs = performance.now();
  const rate = await work();
  let valid;
  if (subject.judged !== null) {
    await subject.judged();
    const seconds = (performance.now() - startMs) / 1000;
    const after = await usageOf(subject.pid);
    const cpuUs = before === null || after === null
      ? null
      : (after.cpuMs - before.cpuMs) * 1000 / fleet.accepted;
    valid = { perSecond: fleet.accepted / seconds, cpuUs };
  }
  const { late } = rate;
  printRow({
    server: subject.name,
    load,
    miners: fleet.clients.length,
    rate,
    ...(valid === undefined ? {} : { valid }),
    note: late > 0 ? `${late} not sent in time` : "",
  });
  return { rate, ...(valid === undefined ? {} : { valid }) };
}

/** Every share was answered true, but for the few whose hash is too high after all. */
function checkFleet(server: string, fleet: Fleet): void {
  for (const problem of fleet.problems) failures.push(`${server}: ${problem}`);
  if (fleet.problemCount > fleet.problems.length) {
    failures.push(`${server}: ${fleet.problemCount} problems in all`);
  }
  const allowed = 10 + (fleet.accepted + fleet.refusedCount) * MISSES_MAX;
  for (const [text, count] of fleet.refusals) {
    if (!/low difficulty/i.test(text) || count > allowed) {
      failures.push(`${server}: ${count} shares refused: ${text}`);
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

try {
  const env = (name: string) => Deno.env.get(name);
  const [first, ...rest] = Deno.args;
  // The bus says what is asked for, unless a word does.
  if (first === "ledger") {
    await loadLedger({ args: rest, env });
  } else if (first === "api") {
    failures.push(...await loadApi({ args: rest, env }));
    for (const failure of failures) console.log(`FAILED ${failure}`);
  } else if (first === "kafka" || env("GOPOOL_BUS_URL")?.startsWith("kafka:")) {
    await loadKafka({ args: first === "kafka" ? rest : Deno.args, env });
  } else {
    await main(readConfig("load", schema, { args: Deno.args, env }));
  }
  Deno.exitCode = failures.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof HelpRequested || error instanceof ConfigError)) throw error;
  console.log(error.message);
  Deno.exitCode = error instanceof HelpRequested ? 0 : 2;
}
