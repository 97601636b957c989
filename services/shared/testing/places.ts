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
  return {
    path,
    join: (...names) => [path, ...names].join("/"),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/**
 * A port of 127.0.0.1 that nobody listens on at this moment. Somebody else may take it before it is used: where
 * a server can listen on port 0 and say which it got, let it.
 */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
