/**
 * zeromq against real publishers in processes of their own: what it does on Deno when one of them dies is the
 * reason for how zmq.ts is built.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { freePort, waitFor } from "@gopool/testing";
import { hashBlocks, type Notice } from "./zmq.ts";

class PublisherProcess implements AsyncDisposable {
  #child: Deno.ChildProcess | null = null;
  #lines: AsyncIterator<string> | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;

  constructor(readonly port: number) {}

  get endpoint(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-ffi", "--ignore-env", script, String(this.port)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
    assertEquals((await this.#lines.next()).value, "up");
  }

  async send(command: string): Promise<void> {
    await this.#writer!.write(new TextEncoder().encode(`${command}\n`));
    assertEquals((await this.#lines!.next()).value, "sent");
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    child.kill("SIGKILL");
    await this.#writer!.abort().catch(() => {});
    await child.status;
    while (!(await this.#lines!.next()).done);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

const script = new URL("zmq_publisher_fixture.ts", import.meta.url).pathname;

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** Listens, and keeps what it is told. */
class Listener implements AsyncDisposable {
  readonly notices: Notice[] = [];
  readonly troubles: string[] = [];
  readonly #stop = new AbortController();
  readonly #listening: Promise<void>;

  constructor(endpoint: string) {
    const deps = { clock: systemClock, onTrouble: (text: string) => this.troubles.push(text) };
    this.#listening = (async () => {
      for await (const notice of hashBlocks(endpoint, deps, this.#stop.signal)) {
        this.notices.push(notice);
      }
    })();
  }

  /** The last byte as the node prints the hash, and how many were missed. */
  get blocks(): [number, number][] {
    return this.notices.map(({ hash, missed }) => [hash[0]!, missed]);
  }

  /** Sends until it arrives: a subscription reaches a publisher some time after the connection. */
  async hear(publisher: PublisherProcess, byte: number, sequence: number): Promise<void> {
    await waitFor(async () => {
      await publisher.send(`block ${byte} ${sequence}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return this.blocks.some(([heard]) => heard === byte);
    }, `block ${byte}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#listening;
  }
}

Deno.test("a notice carries the hash in internal order; one that is none is left out and said", async () => {
  await using publisher = new PublisherProcess(freePort());
  await publisher.start();
  await using listener = new Listener(publisher.endpoint);
  await listener.hear(publisher, 7, 0);
  const [first] = listener.notices;
  assertEquals(first!.hash, Uint8Array.of(7, ...new Uint8Array(31)) as never);
  await publisher.send("junk");
  await listener.hear(publisher, 8, 1);
  assertEquals(listener.troubles, [`A notice from ${publisher.endpoint} is no hashblock`]);
});

Deno.test("a gap in the publisher's numbers is noticed, a restart of them is none", async () => {
  await using publisher = new PublisherProcess(freePort());
  await publisher.start();
  await using listener = new Listener(publisher.endpoint);
  await listener.hear(publisher, 1, 5);
  const heard = listener.blocks.length;
  await publisher.send("block 2 6");
  await publisher.send("block 3 10");
  await publisher.send("block 4 11");
  await publisher.send("block 5 0");
  await publisher.send("block 6 1");
  await waitFor(() => listener.blocks.length === heard + 5, "five blocks");
  assertEquals(listener.blocks.slice(heard), [[2, 0], [3, 3], [4, 0], [5, 0], [6, 0]]);
  assertEquals(listener.troubles, [`3 block notices from ${publisher.endpoint} were lost`]);
});

Deno.test("a publisher that is killed and started again, five times, is heard again each time", async () => {
  await using publisher = new PublisherProcess(freePort());
  // Nobody is there yet either.
  await using listener = new Listener(publisher.endpoint);
  for (let life = 1; life <= 5; life++) {
    await publisher.start();
    await listener.hear(publisher, life, 0);
    await publisher.kill();
  }
});

Deno.test("a second publisher that dies takes nothing from the first", async () => {
  await using first = new PublisherProcess(freePort());
  await using second = new PublisherProcess(freePort());
  await Promise.all([first.start(), second.start()]);
  await using one = new Listener(first.endpoint);
  await using two = new Listener(second.endpoint);
  await one.hear(first, 1, 0);
  await two.hear(second, 2, 0);
  await second.kill();
  for (let byte = 10; byte < 15; byte++) {
    await first.send(`block ${byte} ${byte}`);
    await waitFor(() => one.blocks.at(-1)![0] === byte, `block ${byte}`);
  }
  await second.start();
  await two.hear(second, 3, 0);
  await first.send("block 20 20");
  await waitFor(() => one.blocks.at(-1)![0] === 20, "block 20");
});

Deno.test("listening to a publisher that never comes ends on abort", async () => {
  const listener = new Listener(`tcp://127.0.0.1:${freePort()}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await listener[Symbol.asyncDispose]();
  assertEquals(listener.notices, []);
});

Deno.test("an address that is none is an error, not silence", async () => {
  const notices = hashBlocks("tcp://", { clock: systemClock }, new AbortController().signal);
  await assertRejects(() => notices.next());
});
