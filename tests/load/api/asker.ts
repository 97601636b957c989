/**
 * Asks a public API over HTTP/1.1 connections that stay open, as fast as it answers or at a fixed rate. Run by ask.ts
 * only. Bytes are written and looked at by hand: a client's own cost would stand in the figures.
 *
 * @module
 */
import { runProcess } from "@gopool/runtime";
import { Histogram } from "../histogram.ts";
import { saidBy, tell } from "../processes.ts";

const BUFFER_BYTES = 1_048_576;
const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

const latency = new Histogram();
let answered = 0;
let failed = 0;
let unchanged = 0;
let bytes = 0;
let isMeasuring = false;

class Line {
  readonly #conn: Deno.Conn;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async open(port: number): Promise<Line> {
    return new Line(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Asks, reads the whole answer, and counts it from when it was due. */
  async ask(request: Uint8Array, dueMs: number): Promise<void> {
    let sent = 0;
    while (sent < request.length) sent += await this.#conn.write(request.subarray(sent));
    let size = 0, whole = Infinity, status = "";
    while (size < whole) {
      const count = await this.#conn.read(this.#buffer.subarray(size));
      if (count === null) throw new Error("The server has closed the connection");
      size += count;
      if (whole !== Infinity) continue;
      const head = latin1.decode(this.#buffer.subarray(0, Math.min(size, 8_192)));
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) continue;
      status = head.slice(9, 12);
      const length = /\r\ncontent-length: (\d+)/i.exec(head.slice(0, end + 2))?.[1];
      if (length === undefined && status !== "304") {
        throw new Error(`No length: ${head.slice(0, end)}`);
      }
      whole = end + 4 + Number(length ?? 0);
      if (whole > BUFFER_BYTES) throw new Error(`An answer of ${whole} bytes`);
    }
    if (!isMeasuring) return;
    if (status === "200") answered++;
    else if (status === "304") unchanged++;
    else failed++;
    bytes += size;
    latency.add(performance.now() - dueMs);
  }

  close(): void {
    this.#conn.close();
  }
}

await runProcess("asker", async ({ args, signal }) => {
  const [port, connections, perSecond, pathsFile] = args;
  const paths: string[] = JSON.parse(await Deno.readTextFile(pathsFile!));
  const requests = paths.map((path) =>
    utf8.encode(
      `GET ${path} HTTP/1.1\r\nhost: pool.example\r\naccept: application/json\r\naccept-encoding: gzip\r\n\r\n`,
    )
  );
  const lines = await Promise.all(
    Array.from({ length: Number(connections) }, () => Line.open(Number(port))),
  );
  const rate = Number(perSecond);
  const startMs = performance.now();
  let next = 0;
  let isOver = false;
  const work = async (line: Line) => {
    while (!isOver) {
      const number = next++;
      const dueMs = rate === 0 ? performance.now() : startMs + number * 1_000 / rate;
      const waitMs = dueMs - performance.now();
      // Timers end up to a millisecond late; latency counts from when it was due, or was sent earlier than that.
      if (waitMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, waitMs));
      await line.ask(requests[number % requests.length]!, dueMs);
    }
  };
  const working = Promise.all(lines.map(work));
  tell("asking", 0);
  for await (const said of saidBy(signal)) {
    if (said === "measure") {
      isMeasuring = true;
      continue;
    }
    break;
  }
  isMeasuring = false;
  isOver = true;
  await working;
  for (const line of lines) line.close();
  tell("answered", answered);
  tell("unchanged", unchanged);
  tell("failed", failed);
  tell("bytes", bytes);
  tell("p50", latency.quantile(0.5));
  tell("p99", latency.quantile(0.99));
  tell("worst", latency.worst);
});
