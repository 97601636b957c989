/**
 * Where the pool's control addresses are: those named, or those found on this machine.
 *
 * @module
 */

/** One control address. */
export interface Place {
  /** As people write it: `127.0.0.1:8200`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** With TLS: `https:`. */
  readonly url: string;
}

/** Where poold serves by itself, and where each service does that is a process of its own. */
export const EMBEDDED_PORT = 8200;
const SERVICE_PORTS = [8201, 8202, 8203, 8204, 8205, 8206, 8207];
const LOOPBACK = "127.0.0.1";

/** Tried where nothing is named, in this order. */
export const USUAL_PLACES: readonly Place[] = [EMBEDDED_PORT, ...SERVICE_PORTS]
  .map((port) => placeOf(`${LOOPBACK}:${port}`));

/**
 * Reads `host:port`, or the same with `http://` or `https://` before it.
 *
 * @throws {SyntaxError} In a sentence that begins with "must".
 */
export function placeOf(text: string): Place {
  const parts = /^(?:(https?):\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})\/?$/.exec(
    text.trim(),
  );
  const port = Number(parts?.[4] ?? 0);
  if (parts === null || port < 1 || port > 65_535) {
    throw new SyntaxError("must be host:port, with https:// before it where it speaks TLS");
  }
  const host = parts[2] ?? parts[3]!;
  const name = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { name, host, port, url: `${parts[1] ?? "http"}://${name}` };
}

/** Several, with commas between them, none twice. @throws {SyntaxError} */
export function placesOf(text: string): readonly Place[] {
  const places = text.split(",").map(placeOf);
  if (new Set(places.map(({ name }) => name)).size < places.length) {
    throw new SyntaxError("must not name the same place twice");
  }
  return places;
}

/**
 * The embedded pool's place where something listens there; else those of single services where something does. Empty
 * where nothing does.
 */
export async function foundPlaces(): Promise<readonly Place[]> {
  const listening = await Promise.all(
    USUAL_PLACES.map(async (place) => await listens(place) ? [place] : []),
  );
  const [embedded, ...services] = listening;
  return embedded!.length > 0 ? embedded! : services.flat();
}

/** Loopback answers or refuses at once: no time limit is needed. */
async function listens({ host: hostname, port }: Place): Promise<boolean> {
  try {
    using _connection = await Deno.connect({ hostname, port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
