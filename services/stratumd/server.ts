/**
 * The listening socket: who may come in, and how a connection is set up.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "@gopool/runtime";
import { networkOf } from "./addresses.ts";
import type { Door } from "./door.ts";
import type { Gateway } from "./gateway.ts";
import { CLOSE_MS, KEEPALIVE_MS, LISTEN_BACKLOG } from "./limits.ts";
import type { Session } from "./session.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Other processes may listen at the same address: the kernel deals connections out. */
  readonly reusePort: boolean;
}

/** The address is taken or not ours. */
export class CannotListen extends Error {
  override name = "CannotListen";
}

export class StratumServer {
  #server: Server | null = null;
  /** Connections that are not closed yet, those of sessions that have ended included. */
  readonly #sockets = new Set<Socket>();
  /** Sockets that were told to close, by when they must have. */
  readonly #closing = new Map<Socket, number>();
  #allClosed: PromiseWithResolvers<void> | null = null;

  constructor(
    private readonly gateway: Gateway,
    private readonly door: Door,
    private readonly options: ListenOptions,
    private readonly log: Logger,
  ) {}

  /** @returns The port in use. @throws {CannotListen} */
  async listen(): Promise<number> {
    const { host, port, reusePort } = this.options;
    // A miner may close its side after the last line and still wants its answers.
    const server = createServer(
      { allowHalfOpen: true, noDelay: true },
      (socket) => this.#accept(socket),
    );
    this.#server = server;
    const listening = Promise.withResolvers<void>();
    server.once("error", listening.reject);
    server.listen({ host, port, reusePort, backlog: LISTEN_BACKLOG }, () => listening.resolve());
    try {
      await listening.promise;
    } catch (error) {
      this.#server = null;
      const { code, message } = error as Error & { code?: string };
      const why = code === "EADDRINUSE"
        ? "another program listens there already" +
          (reusePort ? ", and does not share the port" : "")
        : message;
      throw new CannotListen(`Cannot listen for miners at ${host}:${port}: ${why}`);
    }
    server.on("error", (error) => this.log.error("listener", { error }));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** No new connections from here on; those there are stay. */
  close(): void {
    this.#server?.close();
    this.#server = null;
  }

  /** Resolves when every connection is closed. */
  closed(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    this.#allClosed ??= Promise.withResolvers();
    return this.#allClosed.promise;
  }

  /** A peer that does not take its last answers keeps its socket no longer than CLOSE_MS. */
  sweep(nowMs: number): void {
    this.door.sweep();
    for (const socket of this.#sockets) {
      if (!sessions.get(socket)!.session.closed) continue;
      const dueMs = this.#closing.get(socket);
      if (dueMs === undefined) this.#closing.set(socket, nowMs + CLOSE_MS);
      else if (nowMs >= dueMs) socket.destroy();
    }
  }

  /** Ends what is left, answers or not. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "unknown";
    const network = networkOf(address);
    if (this.door.enter(network, address) !== null) {
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, KEEPALIVE_MS);
    const session = this.gateway.add(socket, address);
    this.#sockets.add(socket);
    sessions.set(socket, { session, network, server: this });
    // Shared functions, no closure per connection: an idle session should weigh little.
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  /** @internal */
  left(session: Session, network: string): void {
    this.#sockets.delete(session.socket);
    this.#closing.delete(session.socket);
    if (this.#sockets.size === 0) this.#allClosed?.resolve();
    this.door.leave(network);
    this.gateway.gone(session);
  }

  /** @internal */
  read(session: Session, chunk: Uint8Array): void {
    this.gateway.read(session, chunk);
  }

  /** @internal */
  ended(session: Session): void {
    this.gateway.end(session);
  }
}

interface Connection {
  readonly session: Session;
  /** As the door counts it. */
  readonly network: string;
  readonly server: StratumServer;
}

const sessions = new WeakMap<Socket, Connection>();

function onData(this: Socket, chunk: Uint8Array): void {
  const connection = sessions.get(this)!;
  connection.server.read(connection.session, chunk);
}

function onEnd(this: Socket): void {
  const connection = sessions.get(this)!;
  connection.server.ended(connection.session);
}

/** A broken connection is followed by its close; nothing else is to be said of it. */
function onError(): void {}

function onClose(this: Socket): void {
  const connection = sessions.get(this)!;
  connection.server.left(connection.session, connection.network);
}
