/**
 * Whether a server that speaks TLS talks to a caller without a certificate.
 *
 * Asked before the first call: on this runtime an HTTP/2 client that such a server turns away may never come back to its
 * event loop, whatever time limit the call has.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { Place } from "./places.ts";

/** Null where it talks; else what it or the connection said, or that it said nothing in time. */
export async function turnedAway(
  place: Place,
  ca: string | undefined,
  { clock, withinMs }: { readonly clock: Pick<Clock, "sleep">; readonly withinMs: number },
): Promise<string | null> {
  const asked = new AbortController();
  const late = clock.sleep(withinMs, asked.signal).then(() => "it says nothing");
  const said = await Promise.race([firstWord(place, ca), late]);
  asked.abort();
  return said;
}

async function firstWord(
  { host: hostname, port }: Place,
  ca: string | undefined,
): Promise<string | null> {
  try {
    using connection = await Deno.connectTls({
      hostname,
      port,
      alpnProtocols: ["h2"],
      ...(ca === undefined ? {} : { caCerts: [ca] }),
    });
    // With TLS 1.3 the handshake is over for the caller before the server has looked: its first word tells. A server
    // of HTTP/2 speaks first.
    const read = await connection.read(new Uint8Array(1));
    return read === null ? "it closed the connection" : null;
  } catch (error) {
    return (error as Error).message;
  }
}
