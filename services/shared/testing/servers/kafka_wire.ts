/**
 * As much of Kafka's protocol as it takes to ask a broker, without a client, whom it counts.
 *
 * @module
 */

/** Of the whole question: a broker that stands still answers nothing. */
const ASK_WITHIN_MS = 3_000;

/** A request as it goes over the wire: size, key, version, correlation id, no client id, body. */
export function request(key: number, version: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(14 + body.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, bytes.length - 4);
  view.setInt16(4, key);
  view.setInt16(6, version);
  view.setInt32(8, 1);
  view.setInt16(12, -1);
  bytes.set(body, 14);
  return bytes;
}

/** Sends a request and gives the body of its answer. @throws {Error} When the connection ends first. */
export async function ask(connection: Deno.Conn, bytes: Uint8Array): Promise<DataView> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
  const size = (await read(connection, 4)).getInt32(0);
  const answer = await read(connection, size);
  return new DataView(answer.buffer, 4);
}

async function read(connection: Deno.Conn, size: number): Promise<DataView> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Error("The broker has closed the connection");
    at += count;
  }
  return new DataView(bytes.buffer);
}

const METADATA = 3;

/** What a TLS listener is met with, in PEM. */
export interface Certificates {
  readonly caCerts?: string[];
  readonly cert?: string;
  readonly key?: string;
}

/** node.id of every broker that the one on this port counts as alive. */
export async function brokersSeen(port: number, tls?: Certificates): Promise<number[]> {
  const to = { hostname: "127.0.0.1", port };
  using connection: Deno.Conn = tls === undefined
    ? await Deno.connect(to)
    : await Deno.connectTls({ ...to, ...tls } as Deno.ConnectTlsOptions);
  const timer = setTimeout(() => connection.close(), ASK_WITHIN_MS);
  try {
    // Version 1: an empty list of topics means none.
    const answer = await ask(connection, request(METADATA, 1, new Uint8Array(4)));
    let at = 0;
    const text = () => at += 2 + Math.max(0, answer.getInt16(at));
    const count = answer.getInt32(at);
    at += 4;
    return Array.from({ length: count }, () => {
      const id = answer.getInt32(at);
      at += 4;
      text(); // host
      at += 4; // port
      text(); // rack
      return id;
    });
  } finally {
    clearTimeout(timer);
  }
}

const DELETE_TOPICS = 20;
const DELETE_WITHIN_MS = 30_000;

/** Deletes a topic, as an operator's tool does. @throws {Error} With Kafka's code of the error. */
export async function deleteTopic(port: number, name: string): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const text = new TextEncoder().encode(name);
  const body = new Uint8Array(10 + text.length);
  const view = new DataView(body.buffer);
  view.setInt32(0, 1);
  view.setInt16(4, text.length);
  body.set(text, 6);
  view.setInt32(6 + text.length, DELETE_WITHIN_MS);
  const answer = await ask(connection, request(DELETE_TOPICS, 1, body));
  // Throttle time, a list of one, its name, its code.
  const code = answer.getInt16(10 + text.length);
  if (code !== 0) throw new Error(`Kafka does not delete ${name}: code ${code}`);
}
