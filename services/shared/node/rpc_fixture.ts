/** An RPC client over real HTTP, for tests of what it makes of servers. @module */
import { assert, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { accessOf } from "./access.ts";
import { NodeUnavailable } from "./port.ts";
import { type FetchLike, Rpc } from "./rpc.ts";
import type { NodeSettings } from "./settings.ts";

/** A password with everything that has to be encoded in a URL. */
export const SECRET = "correct horse:battery@staple/%";

export interface Opened extends Disposable {
  readonly rpc: Rpc;
}

export function openRpc(settings: NodeSettings, readTextFile = Deno.readTextFile): Opened {
  const client = Deno.createHttpClient({ http1: true, http2: false });
  const send: FetchLike = (url, init) => fetch(url, { ...init, client });
  const access = accessOf(settings, readTextFile);
  return {
    rpc: new Rpc({ clock: systemClock, access, fetch: send, longFetch: send }),
    [Symbol.dispose]: () => client.close(),
  };
}

export function withLogin(url: URL): URL {
  const own = new URL(url);
  own.username = "pool";
  own.password = encodeURIComponent(SECRET);
  return own;
}

/** The error of a call that must fail so; no part of the password may stand anywhere in it. */
export async function unavailable(rpc: Rpc): Promise<NodeUnavailable> {
  const error = await assertRejects(() => rpc.call("getblockcount"), NodeUnavailable);
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    assert(!`${at.message} ${at.stack}`.includes("battery"), "a secret in a message");
  }
  return error;
}
