/**
 * The server as the adapter sees it: one write, one question, one plain call, each with its end in time, and its faults
 * sorted by what is to be done about them. Writes and questions go by InfluxData's client, in its build for Node: the
 * one for browsers, which Deno would take, asks in a way that the server does not have.
 *
 * @module
 */
// @ts-types="influxdb3-client-pkg"
import { HttpError, InfluxDBClient, setLogger } from "@influxdata/influxdb3-client";
import { Channel, credentials } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { SeriesUnavailable } from "../port.ts";
import { nextTurn, Slices } from "../sqlite/turn.ts";
import type { InfluxAddress } from "./address.ts";
import { away, queryFault, Refused, type RefusedLine, refusedLines, writeFault } from "./faults.ts";
import { Gate } from "./gate.ts";
import {
  ANSWER_BYTES_MAX,
  CALL_TIMEOUT_MS,
  GZIP_FROM_BYTES,
  QUERIES_IN_FLIGHT_MAX,
  QUERY_TIMEOUT_MS,
  QUERY_TRIES,
  RECONNECT_LAST_MS,
  RETRY_FIRST_MS,
  WRITE_TIMEOUT_MS,
} from "./limits.ts";

// It writes every failure to the console by itself; they are told where they are handled.
setLogger({ error: () => {}, warn: () => {} });

export type Params = Readonly<Record<string, string>>;
/** Of one row, by column: numbers, bigints (whole numbers that were computed), texts, null. */
export type Columns = Readonly<Record<string, unknown>>;

export interface ServerOptions {
  readonly token?: string | undefined;
  /** Certificates that the server's is signed by, PEM; default those of the machine. */
  readonly ca?: string | undefined;
  /** Tests shorten them. */
  readonly writeTimeoutMs?: number | undefined;
  readonly queryTimeoutMs?: number | undefined;
  /** Told what is in the way of writes, or of questions; null when neither is any more. */
  readonly onTrouble?: ((sentence: string | null) => void) | undefined;
}

type Way = "write" | "read";

export class InfluxServer implements AsyncDisposable {
  /** For people: never with the token. */
  readonly name: string;
  readonly #url: string;
  readonly #client: InfluxDBClient;
  readonly #token: string | undefined;
  readonly #http: Deno.HttpClient | undefined;
  readonly #writeTimeoutMs: number;
  readonly #queryTimeoutMs: number;
  readonly #questions = new Gate(QUERIES_IN_FLIGHT_MAX);
  readonly #onTrouble: (sentence: string | null) => void;
  /** What is in the way now. Apart: a server may answer questions and take no writes. */
  readonly #trouble: Record<Way, string | null> = { write: null, read: null };

  constructor({ url, name }: InfluxAddress, options: ServerOptions) {
    this.name = name;
    this.#url = url;
    this.#token = options.token;
    this.#writeTimeoutMs = options.writeTimeoutMs ?? WRITE_TIMEOUT_MS;
    this.#queryTimeoutMs = options.queryTimeoutMs ?? QUERY_TIMEOUT_MS;
    this.#onTrouble = options.onTrouble ?? (() => {});
    const { ca } = options;
    this.#http = ca === undefined ? undefined : Deno.createHttpClient({ caCerts: [ca] });
    this.#client = new InfluxDBClient({
      host: url,
      ...(ca === undefined ? {} : { transportOptions: { ca } }),
      // It insists on one; a server that asks for none looks at none.
      token: options.token ?? "none",
      authScheme: "Bearer",
      writeOptions: { gzipThreshold: GZIP_FROM_BYTES, precision: "ns" },
      grpcOptions: {
        "grpc.initial_reconnect_backoff_ms": RETRY_FIRST_MS,
        "grpc.max_reconnect_backoff_ms": RECONNECT_LAST_MS,
        "grpc.max_receive_message_length": ANSWER_BYTES_MAX,
        ...(ca === undefined ? {} : { channelFactoryOverride: channelsTrusting(ca) }),
      },
    });
  }

  /**
   * One batch, all or nothing; readable and safe from the end of the server's process when it resolves.
   *
   * @throws {Refused} @throws {SeriesUnavailable}
   */
  write(database: string, lines: readonly string[]): Promise<void> {
    return this.#watched("write", () => this.#write(database, lines));
  }

  async #write(database: string, lines: readonly string[]): Promise<void> {
    const timeout = this.#writeTimeoutMs;
    // Joined here: the client would go through an array once more.
    const sent = this.#client.write(lines.join("\n"), database, undefined, { timeout });
    try {
      // The client's own end counts silence only; a server that drips would hold a write for ever.
      await within(timeout + 1_000, sent);
    } catch (error) {
      if (!(error instanceof HttpError)) throw away(this.name, "takes no writes", error);
      throw writeFault(this.name, error.statusCode, error.message);
    }
  }

  /**
   * The same where single lines may be bad: the others are stored. The client does not speak this way of writing unless
   * the server may answer before it has stored anything.
   *
   * @returns The lines that were refused. @throws {SeriesUnavailable}
   */
  writePartly(database: string, lines: readonly string[]): Promise<readonly RefusedLine[]> {
    return this.#watched("write", () => this.#writePartly(database, lines));
  }

  async #writePartly(database: string, lines: readonly string[]): Promise<readonly RefusedLine[]> {
    const path = `/api/v3/write_lp?db=${encodeURIComponent(database)}&precision=nanosecond`;
    const { status, body } = await this.call("POST", path, lines.join("\n"));
    if (status === 204) return [];
    const refused = status === 400 ? refusedLines(body) : null;
    if (refused !== null) return refused;
    const fault = writeFault(this.name, status, body);
    // A refusal that names no line is not about lines.
    throw fault instanceof Refused ? away(this.name, "takes no writes", fault) : fault;
  }

  /**
   * All rows of a question. Parameters are never empty: the client leaves those out.
   *
   * @throws {TooManyFiles} @throws {NotThere} @throws {SeriesUnavailable}
   */
  select(database: string, sql: string, params: Params = {}): Promise<Columns[]> {
    return this.#watched("read", () => this.#select(database, sql, params));
  }

  async #select(database: string, sql: string, params: Params): Promise<Columns[]> {
    for (let left = QUERY_TRIES;; left--) {
      try {
        return await this.#questions.run(() =>
          within(this.#queryTimeoutMs + 1_000, this.#rows(database, sql, params))
        );
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code === "UNAVAILABLE" && left > 1) continue;
        throw queryFault(this.name, error);
      }
    }
  }

  /** One call by plain HTTP. @throws {SeriesUnavailable} No answer. */
  async call(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(this.#http === undefined ? {} : { client: this.#http }),
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      throw away(this.name, "does not answer", error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    this.#http?.close();
  }

  /** Tells what is in the way as it comes and goes. */
  async #watched<T>(way: Way, work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#say(way, null);
      return answer;
    } catch (error) {
      if (error instanceof SeriesUnavailable) this.#say(way, error.message);
      throw error;
    }
  }

  #say(way: Way, sentence: string | null): void {
    if (sentence === null && this.#trouble[way] === null) return;
    this.#trouble[way] = sentence;
    this.#onTrouble(this.#trouble.write ?? this.#trouble.read);
  }

  async #rows(database: string, sql: string, params: Params): Promise<Columns[]> {
    const rows: Columns[] = [];
    const options = { type: "sql" as const, params: { ...params }, timeout: this.#queryTimeoutMs };
    const slices = new Slices();
    for await (const row of this.#client.query(sql, database, options)) {
      rows.push(row);
      // The client takes a message of thousands of rows apart in one turn.
      if (slices.isFull()) await nextTurn();
    }
    return rows;
  }
}

/** The client makes its channels with the machine's certificates: made again here with those that are named. */
function channelsTrusting(ca: string) {
  return (address: string, _: unknown, options: ConstructorParameters<typeof Channel>[2]) =>
    new Channel(address, credentials.createSsl(Buffer.from(ca)), options);
}

/** @throws {Error} When it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
    // Nobody waits any more for one that came too late.
    work.catch(() => {});
  }
}
