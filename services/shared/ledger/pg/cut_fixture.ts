/**
 * A door to PostgreSQL that cuts a connection at its commit: before the server hears of it, or before the client hears
 * the answer.
 *
 * @module
 */

export type Cut = "before it arrives" | "before the answer" | null;

export interface Door extends AsyncDisposable {
  /** The server's URL, through the door. */
  readonly url: string;
  /** What happens to the next commit; once. */
  cut: Cut;
}

/** A simple query: its type, its length, its text, a zero. */
const COMMIT = "Q\0\0\0\x0bCOMMIT\0";

export function openDoor(server: string): Door {
  const target = new URL(server);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(server);
  url.port = String((listener.addr as Deno.NetAddr).port);
  const open = new Set<Deno.Conn>();
  const lines: Promise<unknown>[] = [];
  const door: Door = {
    url: url.href,
    cut: null,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const one of open) close(one);
      await Promise.all(lines);
    },
  };
  const close = (one: Deno.Conn) => {
    if (!open.delete(one)) return;
    one.close();
  };

  async function pass(client: Deno.Conn): Promise<void> {
    open.add(client);
    const server = await Deno.connect({ hostname: target.hostname, port: Number(target.port) });
    open.add(server);
    let deaf = false;
    const up = each(client, async (bytes) => {
      if (door.cut !== null && new TextDecoder("latin1").decode(bytes) === COMMIT) {
        const how = door.cut;
        door.cut = null;
        deaf = true;
        if (how === "before it arrives") return close(client);
        await write(server, bytes);
        return;
      }
      await write(server, bytes);
    }).finally(() => close(server));
    // Where the answer is withheld, the connection ends when it has come: the server has done it by then.
    const down = each(server, (bytes) => deaf ? close(client) : write(client, bytes))
      .finally(() => close(client));
    await Promise.all([up, down]);
  }

  lines.push((async () => {
    for await (const client of listener) lines.push(pass(client));
  })());
  return door;
}

async function each(from: Deno.Conn, take: (bytes: Uint8Array) => Promise<void> | void) {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const n = await from.read(buffer).catch(() => null);
    if (n === null) return;
    await take(buffer.subarray(0, n));
  }
}

async function write(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const n = await to.write(bytes.subarray(at)).catch(() => null);
    if (n === null) return;
    at += n;
  }
}
