/**
 * Publishes block notices as a node does, for tests: a process of its own, so that it can be killed. Started with
 * a port; says "up" once it is bound, and "sent" after each line of commands: `block <byte> <sequence>`, `junk`.
 *
 * @module
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { Publisher } from "zeromq";

// zeromq closes a socket that nobody holds: this one is held by the loop below.
const publisher = new Publisher({ linger: 0 });
await publisher.bind(`tcp://127.0.0.1:${process.argv[2]}`);
console.log("up");
for await (const line of createInterface({ input: process.stdin })) {
  const [command, byte, sequence] = line.split(" ");
  if (command === "junk") await publisher.send(["hashblock", "too short", new Uint8Array(4)]);
  else await publisher.send(["hashblock", blockHash(Number(byte)), counter(Number(sequence))]);
  console.log("sent");
}

/** 31 zero bytes and then this one: as nodes publish it, most significant first. */
function blockHash(byte: number): Uint8Array {
  const hash = new Uint8Array(32);
  hash[31] = byte;
  return hash;
}

function counter(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
