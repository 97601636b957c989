/**
 * As much of Redis's protocol as it takes to ask one question without a client.
 *
 * @module
 */

export interface RedisAccess {
  readonly port: number;
  readonly password?: string;
  /** Speaks TLS, and takes this authority's word for the server. */
  readonly ca?: string;
}

/** Of the whole question: a server that stands still answers nothing. */
const ASK_WITHIN_MS = 3_000;

type Answer = string | number | null | Answer[];

/** Logs in where it has a password, asks, and gives the answer. @throws {Error} The server's words. */
export async function askRedis(access: RedisAccess, command: readonly string[]): Promise<Answer> {
  const { port, password, ca } = access;
  const connection = ca === undefined
    ? await Deno.connect({ hostname: "127.0.0.1", port })
    : await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [ca] });
  const timer = setTimeout(() => connection.close(), ASK_WITHIN_MS);
  try {
    const commands = [...(password === undefined ? [] : [["AUTH", password]]), command];
    const bytes = new TextEncoder().encode(commands.map(encode).join(""));
    for (let sent = 0; sent < bytes.length;) {
      sent += await connection.write(bytes.subarray(sent));
    }
    const answers = answersOf(connection);
    let answer: Answer = null;
    for (const _ of commands) answer = await answers();
    return answer;
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // The timer was earlier.
    }
  }
}

function encode(command: readonly string[]): string {
  const size = (text: string) => new TextEncoder().encode(text).length;
  return `*${command.length}\r\n` +
    command.map((part) => `$${size(part)}\r\n${part}\r\n`).join("");
}

/** A reader of one answer after the other. Texts are taken for ASCII. */
function answersOf(connection: Deno.Conn): () => Promise<Answer> {
  let text = "";
  async function until(enough: () => boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    while (!enough()) {
      const count = await connection.read(buffer);
      if (count === null) throw new Error("Redis has closed the connection");
      text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
    }
  }
  async function take(size: number): Promise<string> {
    await until(() => text.length >= size + 2);
    const taken = text.slice(0, size);
    text = text.slice(size + 2);
    return taken;
  }
  return async function answer(): Promise<Answer> {
    await until(() => text.includes("\r\n"));
    const line = await take(text.indexOf("\r\n"));
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return rest;
      case "-":
        throw new Error(rest);
      case ":":
        return Number(rest);
      case "$":
        return rest === "-1" ? null : await take(Number(rest));
      case "*": {
        const list: Answer[] = [];
        for (let at = 0; at < Number(rest); at++) list.push(await answer());
        return list;
      }
      default:
        throw new Error(`Redis answers in a way that is not understood: ${line}`);
    }
  };
}
