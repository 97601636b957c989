/**
 * A miner's connection: speaks Stratum over TCP as a device would. The demo miner mines through it, and tests
 * drive the pool with it.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import {
  authorizeRequest,
  configureRequest,
  LineSplitter,
  MAX_POOL_LINE_BYTES,
  type NotifyParams,
  type PoolMessage,
  readGrantedMask,
  readPoolMessage,
  readSubscribed,
  requestLine,
  submitRequest,
  type Subscribed,
  subscribeRequest,
} from "@gopool/stratum";

export type PoolAnswer = Extract<PoolMessage, { kind: "response" }>;

export interface MinerOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password?: string;
  readonly userAgent: string;
  /** Version bits to ask for; absent: no mining.configure at all. */
  readonly versionMask?: number;
  readonly sessionId?: string;
}

/** The pool closed the connection, or answered something that cannot be mined with. */
export class ConnectionEnded extends Error {
  override name = "ConnectionEnded";
}

/** One connection. Messages that answer nothing reach `onMessage`; requests resolve with their answers. */
export class MinerConnection implements AsyncDisposable {
  subscribed: Subscribed | undefined;
  versionMask = 0;
  notify: NotifyParams | undefined;
  /** In force for jobs from the next notify on, as cgminer has it. */
  difficulty = 1;
  /** Resolves when the connection is gone, with what was wrong if something was. */
  readonly closed: Promise<Error | undefined>;

  readonly #socket: Socket;
  readonly #waiting = new Map<string, PromiseWithResolvers<PoolAnswer>>();
  #nextId = 1;

  private constructor(socket: Socket, private readonly onMessage: (message: PoolMessage) => void) {
    this.#socket = socket;
    const splitter = new LineSplitter(MAX_POOL_LINE_BYTES);
    let fault: Error | undefined;
    socket.on("data", (chunk: Uint8Array) => {
      const state = splitter.push(chunk, (buf, start, end) => {
        this.#take(readPoolMessage(buf, start, end));
      });
      if (state === "too-long") {
        socket.destroy(new ConnectionEnded("the pool sent an endless line"));
      }
    });
    socket.on("error", (error) => fault = error);
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        for (const { reject } of this.#waiting.values()) {
          reject(new ConnectionEnded("the pool closed the connection", { cause: fault }));
        }
        this.#waiting.clear();
        resolve(fault);
      });
    });
  }

  /** Connects, nothing more. @throws The socket's error where nobody listens. */
  static async open(
    { host, port }: Pick<MinerOptions, "host" | "port">,
    onMessage: (message: PoolMessage) => void = () => {},
  ): Promise<MinerConnection> {
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new MinerConnection(socket, onMessage);
  }

  /** Connects and shakes hands: configure, subscribe, authorize. */
  static async login(
    options: MinerOptions,
    onMessage?: (message: PoolMessage) => void,
  ): Promise<MinerConnection> {
    const connection = await MinerConnection.open(options, onMessage);
    try {
      if (options.versionMask !== undefined) {
        const { result } = await connection.ask((id) => configureRequest(id, options.versionMask!));
        connection.versionMask = readGrantedMask(result);
      }
      const { result } = await connection.ask((id) =>
        subscribeRequest(id, options.userAgent, options.sessionId)
      );
      const subscribed = readSubscribed(result);
      if (!subscribed.ok) throw new ConnectionEnded(`The pool's ${subscribed.problem}`);
      connection.subscribed = subscribed.value;
      const answer = await connection.ask((id) =>
        authorizeRequest(id, options.username, options.password)
      );
      if (!answer.accepted) {
        throw new ConnectionEnded(
          `The pool refuses ${options.username}: ${JSON.stringify(answer.error)}`,
        );
      }
      return connection;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends a request and resolves with its answer. @throws {ConnectionEnded} */
  ask(line: (id: number) => Uint8Array): Promise<PoolAnswer> {
    const id = this.#nextId++;
    const answer = Promise.withResolvers<PoolAnswer>();
    this.#waiting.set(String(id), answer);
    this.#socket.write(line(id));
    return answer.promise;
  }

  request(method: string, params: Parameters<typeof requestLine>[2]): Promise<PoolAnswer> {
    return this.ask((id) => requestLine(id, method, params));
  }

  submit(share: Parameters<typeof submitRequest>[1]): Promise<PoolAnswer> {
    return this.ask((id) => submitRequest(id, share));
  }

  /** What `work` sends leaves in one piece, as from a proxy with many devices behind it. */
  together(work: () => void): void {
    this.#socket.cork();
    work();
    this.#socket.uncork();
  }

  /** Sends bytes as they are: for tests of bad input. */
  raw(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #take(message: PoolMessage): void {
    switch (message.kind) {
      case "response": {
        const waiting = this.#waiting.get(message.rawId);
        this.#waiting.delete(message.rawId);
        waiting?.resolve(message);
        break;
      }
      case "notify":
        this.notify = message.notify;
        break;
      case "set_difficulty":
        this.difficulty = message.difficulty;
        break;
      case "set_version_mask":
        this.versionMask = message.mask;
        break;
      case "set_extranonce":
        this.subscribed = { ...this.subscribed, ...message };
        break;
    }
    this.onMessage(message);
  }
}
