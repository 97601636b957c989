/**
 * Whether a server that speaks TLS talks to this caller.
 *
 * Asked before a call: on this runtime an HTTP/2 client that such a server turns away (it wants a certificate, or
 * another one) may never come back to its event loop, whatever time limit the call has.
 *
 * @module
 */
import { type Clock, orGiveUp } from "@gopool/runtime";

/** PEM texts. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Null where it talks; else what it or the connection said, or that it said nothing in time. */
export async function turnedAway(
  url: URL,
  tls: ClientTls,
  { clock, withinMs }: { readonly clock: Pick<Clock, "sleep">; readonly withinMs: number },
): Promise<string | null> {
  const late = new AbortController();
  const settled = new AbortController();
  const watching = clock.sleep(withinMs, settled.signal).then(() => {
    if (!settled.signal.aborted) late.abort("it says nothing");
  });
  try {
    return await orGiveUp(firstWord(url, tls), clock, late.signal, 0);
  } catch (reason) {
    return String(reason);
  } finally {
    settled.abort();
    await watching;
  }
}

async function firstWord(
  { hostname, port }: URL,
  { ca, cert, key }: ClientTls,
): Promise<string | null> {
  try {
    using connection = await Deno.connectTls({
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(port || 443),
      alpnProtocols: ["h2"],
      ...(ca === undefined ? {} : { caCerts: [ca] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
    // With TLS 1.3 the handshake is over for the caller before the server has looked: its first word tells. A server
    // of HTTP/2 speaks first.
    const read = await connection.read(new Uint8Array(1));
    return read === null ? "it closed the connection" : null;
  } catch (error) {
    return (error as Error).message;
  }
}
