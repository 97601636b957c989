/**
 * Bitcoin Core's own consensus code as a judge for tests: libbitcoinkernel through a Python package, in a virtual
 * environment that is made once and kept in the user's cache folder. kernel_oracle.py says what it answers.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import { skipped } from "./absent.ts";
import { TextLineStream } from "./lines.ts";

/** All its releases are pre-releases, so that it must be pinned: libbitcoinkernel v31.99. */
const PACKAGE = "py-bitcoinkernel";
export const KERNEL_VERSION = "0.1.0a5";

const ORACLE = new URL("./kernel_oracle.py", import.meta.url);

export interface KernelVerdict {
  /** In Bitcoin Core's words as submitblock says them; null: the block is the new tip. */
  readonly reason: string | null;
  /** Bitcoin Core's BlockValidationResult, where the block was refused. */
  readonly class: string | null;
  /** What Core adds for people, such as "coinbase pays too much (actual=… vs limit=…)". */
  readonly detail: string;
}

/** A regtest chain of the kernel's own, from genesis on. One question at a time. */
export interface Kernel extends AsyncDisposable {
  /** Gives the kernel a block, as a node is given one by submitblock. */
  judge(block: Uint8Array): Promise<KernelVerdict>;
  /** For each input of a transaction, whether it may spend the output given for it, by a block's rules. */
  spends(
    transaction: Uint8Array,
    spent: readonly { readonly sats: bigint; readonly script: Uint8Array }[],
  ): Promise<boolean[]>;
  /** Forgets all blocks. */
  fresh(): Promise<void>;
  /** `hash` in display form. */
  tip(): Promise<{ readonly height: number; readonly hash: string }>;
}

/**
 * The path of a Python that has the kernel, made where it is not in the cache yet (some seconds). Null on a machine
 * that cannot have it, said in a sentence; with CI=true that is an error instead.
 */
export async function findKernel(): Promise<string | null> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`;
  const folder = `${cache}/gopool/kernel-${KERNEL_VERSION}`;
  const python = `${folder}/bin/python`;
  const why = await install(folder, python);
  if (why === null) return python;
  return skipped(`Tests against Bitcoin Core's kernel are skipped: ${why}`);
}

/**
 * Null when it is there, else why it is not. An environment cannot be moved once it is made, so it is made in its
 * place, and test files that run side by side wait for each other.
 */
async function install(folder: string, python: string): Promise<string | null> {
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}.lock`, { write: true, create: true });
  await lock.lock(true);
  const finished = `${folder}/finished`;
  try {
    // The Python that it was made with may be gone by now.
    await Deno.stat(finished);
    if (await run(python, ["-c", "import pbk"]) === null) return null;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    const why = await run("python3", ["-m", "venv", "--clear", folder]) ??
      await run(python, ["-m", "pip", "install", "--quiet", `${PACKAGE}==${KERNEL_VERSION}`]) ??
      await run(python, ["-c", "import pbk"]);
    if (why === null) await Deno.writeTextFile(finished, "");
    return why;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no Python on this machine";
    throw error;
  }
}

/** Null when it succeeds, else the last thing it said. @throws {Deno.errors.NotFound} */
async function run(command: string, args: readonly string[]): Promise<string | null> {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return null;
  const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  return `\`${command} ${args.join(" ")}\` failed: ${last}`;
}

/** Starts the judge. `python` is what `findKernel()` gave. */
export async function startKernel(python: string): Promise<Kernel> {
  const child = new Deno.Command(python, {
    args: [ORACLE.pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaints = new Response(child.stderr).text();
  const answers = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const questions = child.stdin.getWriter();
  const encoder = new TextEncoder();

  async function answer(): Promise<unknown> {
    const { value, done } = await answers.read();
    if (done) throw new Error(`The kernel has ended:\n${await complaints}`);
    return JSON.parse(value);
  }
  async function ask(question: unknown): Promise<unknown> {
    await questions.write(encoder.encode(`${JSON.stringify(question)}\n`));
    return await answer();
  }

  await answer(); // ready
  return {
    judge: (block) => ask({ block: toHex(block) }) as Promise<KernelVerdict>,
    spends: (transaction, spent) =>
      ask({
        spend: toHex(transaction),
        spent: spent.map(({ sats, script }) => [String(sats), toHex(script)]),
      }) as Promise<boolean[]>,
    fresh: async () => void await ask({ fresh: true }),
    tip: () => ask({ tip: true }) as ReturnType<Kernel["tip"]>,
    async [Symbol.asyncDispose]() {
      await questions.close();
      while (!(await answers.read()).done);
      await complaints;
      await child.status;
    },
  };
}
