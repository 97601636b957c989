/** Commands that hold the books against themselves and against the log, and begin another log. @module */
import { type Command, Option } from "commander";
import {
  begin,
  BeginRefused,
  busSource,
  historyOf,
  problemLine,
  rebuild,
  type Rebuilt,
  type Source,
  verify,
} from "@gopool/payoutd/books";
import type { Bus } from "@gopool/bus";
import { NodeUnavailable } from "@gopool/node";
import { payoutdConfigOf } from "../payouts.ts";
import { archiveSource } from "./archive_source.ts";
import { actorOf, json, operator, reason, several, type Signed } from "./arguments.ts";
import { type Books, logIdOf, openBusAt, openLog, openNodes, poolScripts } from "./open.ts";
import { Refused } from "./refused.ts";
import { scratchFile } from "./scratch_file.ts";
import { plain, show } from "./show.ts";
import { PoolScripts } from "@gopool/payoutd/books";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

/** What was checked is not as it must be: told already. */
export class NotRight extends Error {
  override name = "NotRight";
}

const oldBus = () =>
  new Option("--old-bus <url>", "a bus that the pool was on before, as sqlite:./data/bus.db")
    .argParser(several);

export function checkCommands(program: Command, run: Run): void {
  program.command("verify")
    .description(
      "checks the invariants I1 to I8 on the database alone; ends with 1 where one is broken",
    )
    .addOption(json())
    .action(({ json = false }) => run((books) => verifyBooks(books, json)));

  program.command("rebuild")
    .description(
      "computes the books afresh from archive, log and chain and compares them, to the satoshi; ends with 1 where they differ",
    )
    .addOption(new Option("--check", "compares, changes nothing").makeOptionMandatory())
    .addOption(
      new Option(
        "--archive <folder>",
        "an archive of `deno task topics archive`; several may be named",
      ).argParser(several),
    )
    .addOption(oldBus())
    .option("--no-chain", "asks no node: coinbases and payments are taken as the ledger has them")
    .option("--scratch <file>", "where what is computed is kept meanwhile; removed at the end")
    .addOption(json())
    .action((options) => run((books) => rebuildBooks(books, options)));

  program.command("begin")
    .description(
      "opens the log that the pool is on now, after the one before is done with; see services/payoutd/README.md",
    )
    .addOption(oldBus())
    .option("--abandon", "gives up what is not read or not settled of the old log")
    .addOption(operator()).addOption(reason()).addOption(json())
    .action((options) => run((books) => beginLog(books, options)));
}

async function verifyBooks(books: Books, json: boolean): Promise<void> {
  const { ledger, network, print } = books;
  const { maturity } = ownConfig(books);
  const { checks, entries, problems, more, notes } = await verify(ledger, { network, maturity });
  if (json) print(JSON.stringify(plain({ checks, entries, problems, more, notes })));
  else {
    for (const problem of problems) print(problemLine(problem));
    if (more) print("and more: of some checks only the first are told");
    for (const note of notes) print(`note: ${note}`);
    print(
      problems.length === 0
        ? `${entries} entries, ${checks} checks: all is right`
        : `${entries} entries, ${checks} checks: ${problems.length} problems`,
    );
  }
  if (problems.length > 0) throw new NotRight();
}

/** With the defaults of a simulated chain where no node is named. */
export function ownConfig({ config }: Books) {
  return payoutdConfigOf(config, config.nodeUrl === undefined ? { keyFile: null } : null);
}

interface RebuildOptions {
  readonly archive?: readonly string[];
  readonly oldBus?: readonly string[];
  readonly chain: boolean;
  readonly scratch?: string;
  readonly json?: boolean;
}

async function rebuildBooks(books: Books, options: RebuildOptions): Promise<void> {
  const { ledger, pool, network, signal, print, complain, config } = books;
  await using stack = new AsyncDisposableStack();
  const sources: Source[] = [];
  for (const folder of options.archive ?? []) sources.push(await archiveSource(folder));
  for (const url of options.oldBus ?? []) {
    sources.push(await busSource(stack.use(await openBusAt(url, books))));
  }
  sources.push(await busSource(stack.use(await openLog(books))));
  const chain = options.chain
    ? { nodes: stack.use(openNodes(books)), scripts: new PoolScripts(await poolScripts(books)) }
    : null;
  const scratchPath = options.scratch ?? scratchFile(config.dataDir);
  await removeIfThere(scratchPath);
  stack.defer(() => removeIfThere(scratchPath));
  const rebuilt = await rebuild({
    ledger,
    history: historyOf(sources),
    chain,
    books: { pool, network },
    scratchPath,
    signal,
    onStep: options.json ? () => {} : complain,
  }).catch((error) => {
    if (!(error instanceof NodeUnavailable)) throw error;
    throw new Refused(`${error.message}. To do without the chain: --no-chain`);
  });
  if (options.json) print(JSON.stringify(plain(rebuilt)));
  else for (const line of rebuiltLines(rebuilt)) print(line);
  if (rebuilt.differenceCount > 0) throw new NotRight();
}

export function rebuiltLines(rebuilt: Rebuilt): string[] {
  const { shares, blocks, ppsMinutes, accounts, chain, differences, differenceCount } = rebuilt;
  const told = differences.map(({ about, says }) => `${about}: ${says}`);
  if (differenceCount > differences.length) {
    told.push(`and ${differenceCount - differences.length} more`);
  }
  return [
    ...told,
    `computed ${rebuilt.start}; read from ${rebuilt.sources.join(", ")}`,
    `${shares} shares, ${blocks.announced} blocks announced, ${blocks.splits} splits (${blocks.skipped} older, not computed), ` +
    `${ppsMinutes} minutes paid at once, ${accounts} balances`,
    chain === null
      ? "the chain was not asked"
      : `on the chain: ${chain.blocks} blocks, ${chain.payments} payments (${chain.notShown} in blocks that no node shows), ` +
        `${chain.coins} coins`,
    differenceCount === 0 ? "the ledger says the same" : `${differenceCount} differences`,
  ];
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

interface BeginOptions extends Signed {
  readonly oldBus?: readonly string[];
  readonly abandon?: boolean;
  readonly json?: boolean;
}

async function beginLog(books: Books, options: BeginOptions): Promise<void> {
  const { ledger, clock, print, config } = books;
  const { abandon = false, json = false } = options;
  await using stack = new AsyncDisposableStack();
  const bus: Bus = stack.use(await openLog(books));
  const [url, ...more] = options.oldBus ?? [];
  if (more.length > 0) throw new BeginRefused("One log is open at a time: name one old bus");
  const oldBus = url === undefined ? null : stack.use(await openBusAt(url, books));
  const logId = await logIdOf(bus, config);
  const begun = await begin(
    { ledger, bus, oldBus, logId, nowMs: clock.now() },
    { actor: actorOf("begin", options), abandon },
  );
  if (json) return print(JSON.stringify(plain(begun)));
  const { closed, opened, beginsAtMs, notes } = begun;
  if (closed !== null) print(`closed: log ${closed.id}`);
  print(`opened: log ${opened.id}`);
  if (beginsAtMs > 0) {
    print(
      `blocks found before ${new Date(beginsAtMs).toISOString()} go whole to the account "opening"`,
    );
  }
  for (const note of notes) print(`note: ${note}`);
  show(
    opened.positions.map(({ partition, sourceOffset, nextOffset }) => ({
      partition,
      "read from": nextOffset,
      "after source offset": sourceOffset,
    })),
    false,
    print,
  );
}
