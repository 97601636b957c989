/**
 * A wire to a server that a test can cut: a proxy on 127.0.0.1.
 *
 * @module
 */

export interface Wire extends AsyncDisposable {
  readonly port: number;
  /**
   * open: bytes pass. hang: connections stand, and are taken, but nothing passes on them, nor ever will (the other
   * side has forgotten them). cut: connections break, and none is taken.
   */
  set(mode: "open" | "hang" | "cut"): void;
}

export function openWire(toPort: number): Wire {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  let mode: "open" | "hang" | "cut" = "open";
  const dead = new Set<Deno.Conn>();

  async function pump(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (dead.has(from) || dead.has(to)) continue;
        for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
      }
    } catch {
      // The other end has gone: so does this one.
    }
    for (const end of [from, to]) close(end);
  }

  function close(end: Deno.Conn): void {
    dead.delete(end);
    if (!ends.delete(end)) return;
    end.close();
  }

  async function carry(near: Deno.Conn): Promise<void> {
    ends.add(near);
    if (mode === "cut") return close(near);
    try {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: toPort });
      ends.add(far);
      if (mode === "hang") dead.add(near);
      await Promise.all([pump(near, far), pump(far, near)]);
    } catch {
      close(near);
    }
  }

  const accepting = (async () => {
    for await (const near of listener) {
      const one = carry(near).finally(() => running.delete(one));
      running.add(one);
    }
  })();

  const set = (next: "open" | "hang" | "cut") => {
    mode = next;
    if (mode === "hang") { for (const end of ends) dead.add(end); }
    if (mode === "cut") { for (const end of [...ends]) close(end); }
  };
  return {
    port: listener.addr.port,
    set,
    async [Symbol.asyncDispose]() {
      set("cut");
      listener.close();
      await accepting;
      await Promise.all(running);
    },
  };
}
