/**
 * Folders and ports that belong to one test.
 *
 * @module
 */

export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** A path inside. */
  join(...names: string[]): string;
}

/** A new empty folder, removed with everything in it: `await using dir = await tempDir()`. */
export async function tempDir(prefix = "gopool-test-"): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix });
  // A server that runs as another user may pass through to its own folder in it; others may not look into it.
  await Deno.chmod(path, 0o711);
  return {
    path,
    join: (...names) => [path, ...names].join("/"),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Below those that the system gives to outgoing connections: none of these takes one in between. */
const PORTS = { first: 15_000, count: 17_000 } as const;
const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on at this moment, another one at each call. Where a server can listen on
 * port 0 and say which it got, let it.
 */
export function freePort(): number {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (given.has(port)) continue;
    given.add(port);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
