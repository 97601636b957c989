/**
 * The bare server that the pool is held against, so that figures of a noisy machine still say something: it scans
 * lines as the pool does and answers true, and does nothing else. Run by main.ts only.
 *
 * @module
 */
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { runProcess } from "@gopool/runtime";
import {
  LineSplitter,
  notifyLine,
  parseMessage,
  resultLine,
  scanSubmit,
  setDifficultyLine,
  SubmitLine,
  subscribeResultLine,
} from "@gopool/stratum";
import { saidBy, tell } from "./processes.ts";

const line = new SubmitLine();
const sockets = new Set<Socket>();
const MAX_LINE = 16_384;

function notify(serial: number): Uint8Array {
  return notifyLine({
    jobId: serial.toString(16).padStart(16, "0"),
    prevHashWire: serial.toString(16).padStart(64, "0"),
    coinb1: "00".repeat(120),
    coinb2: "00".repeat(160),
    branches: Array.from({ length: 12 }, () => "ab".repeat(32)),
    version: 0x20000000,
    nbits: 0x1b00ffff,
    ntime: 0x65000000,
    clean: true,
  });
}

function serve(socket: Socket): void {
  sockets.add(socket);
  const splitter = new LineSplitter(MAX_LINE);
  let answers = "";
  const onLine = (buf: Uint8Array, start: number, end: number) => {
    if (scanSubmit(buf, start, end, line)) {
      let id = "";
      for (let i = line.idStart; i < line.idEnd; i++) id += String.fromCharCode(buf[i]!);
      answers += `{"id":${id},"result":true,"error":null}\n`;
      return;
    }
    const message = parseMessage(buf, start, end);
    if (message.kind !== "request") return;
    if (message.method === "mining.subscribe") {
      const extranonce1 = new Uint8Array(4);
      const sessionId = "0";
      socket.write(
        subscribeResultLine(message.rawId, { sessionId, extranonce1, extranonce2Size: 8 }),
      );
    } else {
      socket.write(resultLine(message.rawId, true));
      socket.write(setDifficultyLine(1));
      socket.write(notify(0));
    }
  };
  socket.on("data", (chunk: Uint8Array) => {
    splitter.push(chunk, onLine);
    if (answers === "") return;
    socket.write(answers);
    answers = "";
  });
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
}

await runProcess("reference", async ({ signal }) => {
  const server = createServer({ noDelay: true }, serve);
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
  await new Promise((resolve) => server.once("listening", resolve));
  tell("port", (server.address() as AddressInfo).port);
  let serial = 0;
  for await (const _ of saidBy(signal)) {
    tell("job", Date.now());
    const bytes = notify(++serial);
    for (const socket of sockets) socket.write(bytes);
  }
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
