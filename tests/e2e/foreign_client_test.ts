/**
 * A Stratum client that others wrote (npm stratum-client, under Node) against the pool: its ids are strings, and it
 * knows an answer by its id alone.
 *
 * @module
 */
import { assertEquals, assertExists } from "@std/assert";
import {
  canonicalAddress,
  type Difficulty,
  fromHex,
  type Target,
  targetFromBits,
  targetFromDifficulty,
  targetToBytes,
} from "@gopool/chain";
import { startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, systemClock } from "@gopool/runtime";
import { createNonceScanner } from "@gopool/shares";
import { headerFor, readNotify } from "@gopool/stratum";
import { waitFor } from "@gopool/testing";
import { skipped } from "../real/absent.ts";
import { TextLineStream } from "../real/lines.ts";
import { startPool } from "./pool.ts";

const CLIENT = new URL("./foreign_client.mjs", import.meta.url).pathname;
const POOL_ADDRESS = canonicalAddress(fromHex(`0014${"55".repeat(20)}`), "regtest")!;
const MINER_ADDRESS = canonicalAddress(fromHex(`0014${"66".repeat(20)}`), "regtest")!;

/** One hash in 256 is a block. */
const BLOCK_BITS = 0x2000ffff;
/** Every second hash is a share, and hardly any share a block: new work comes when the test wants it. */
const SHARE_DIFFICULTY = 2 ** -31;

const node = await hasNode();

async function hasNode(): Promise<boolean> {
  try {
    await new Deno.Command("node", { args: ["--version"], stdout: "null" }).output();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    skipped("The foreign Stratum client is skipped: there is no Node on this machine");
    return false;
  }
}

interface Event {
  readonly event: string;
  // deno-lint-ignore no-explicit-any -- told by another program; the test asserts what it needs.
  readonly [fact: string]: any;
}

/** The client's process, and what it has told so far. */
class ForeignClient implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;

  constructor(port: number, worker: string) {
    this.#child = new Deno.Command("node", {
      args: [CLIENT, String(port), worker],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** The nth event of a name, once it is there. */
  event(name: string, nth = 1): Promise<Event> {
    return waitFor(
      () => this.events.filter(({ event }) => event === name)[nth - 1],
      `event "${name}" ${nth}`,
    );
  }

  async submit(share: Record<string, string>): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${JSON.stringify(share)}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    await this.#reading;
    await this.#child.status;
  }

  async #read(): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) this.events.push(JSON.parse(line));
  }
}

Deno.test({
  name: "npm's stratum-client subscribes, authorises, takes work and has its shares judged",
  ignore: !node,
  async fn() {
    await using simulated = await startSimulatedNode({
      memory: true,
      port: 0,
      user: "pool",
      password: "foreign",
      difficulty: { fixedBits: BLOCK_BITS },
      transactionsPerBlock: 5,
      clock: systemClock,
      random: seededRandom(3),
    });
    await using pool = await startPool({
      GOPOOL_NODE_URL: simulated.url,
      GOPOOL_POOL_ADDRESS: POOL_ADDRESS,
      GOPOOL_STRATUM_START_DIFFICULTY: String(SHARE_DIFFICULTY),
      GOPOOL_STRATUM_VARDIFF: "off",
    });
    const worker = `${MINER_ADDRESS}.foreign`;
    await using client = new ForeignClient(pool.port, worker);
    const { extraNonce1, extraNonce2Size } = await client.event("subscribed");
    await client.event("authorized");
    const { difficulty } = await client.event("difficulty");
    const { work } = await client.event("work");
    const notify = readNotify([
      work.jobId,
      work.prevhash,
      work.coinb1,
      work.coinb2,
      work.merkle_branch,
      work.version,
      work.nbits,
      work.ntime,
      work.clean_jobs,
    ]);
    if (!notify.ok) throw new Error(notify.problem);

    const extranonce2 = new Uint8Array(extraNonce2Size).fill(9);
    const header = headerFor(notify.value, {
      extranonce1: fromHex(extraNonce1),
      extranonce2,
      version: notify.value.version,
      ntime: notify.value.ntime,
      nonce: 0,
    });
    const scan = (target: Target) =>
      createNonceScanner().scan(header, targetToBytes(target), 0, 8192);
    const blocks = scan(targetFromBits(BLOCK_BITS));
    const [block] = blocks;
    const good = scan(targetFromDifficulty(difficulty as Difficulty))
      .find((nonce) => !blocks.includes(nonce));
    assertExists(good);
    assertExists(block);
    const hex = (nonce: number) => nonce.toString(16).padStart(8, "0");
    const share = {
      worker_name: worker,
      job_id: work.jobId,
      extranonce2: extranonce2.toHex(),
      ntime: work.ntime,
      nonce: hex(good),
    };

    await client.submit(share);
    assertEquals((await client.event("share accepted")).result, true);
    // The very same again, and one that was never hashed.
    await client.submit(share);
    const { error } = await client.event("share refused");
    assertEquals(error[0], 22);
    await client.submit({ ...share, job_id: "ffffffffffffffff" });
    assertEquals((await client.event("share refused", 2)).error[0], 21);

    // A block brings new work, told in the same way.
    await client.submit({ ...share, nonce: hex(block) });
    await waitFor(() => simulated.height === 101, "the block on the node");
    await waitFor(
      () =>
        client.events.some(({ event, work }) =>
          event === "work" && work.prevhash !== notify.value.prevHashWire
        ),
      "work on the new block",
    );
    assertEquals(client.events.filter(({ event }) => event === "error" || event === "closed"), []);
  },
});
