/**
 * The block's second road over the control plane: a candidate to every shareproc, a block to every blocksubmit.
 *
 * @module
 */
import { type CallOptions, type Client, ConnectError } from "@connectrpc/connect";
import type { ControlSettings } from "@gopool/config";
import type { BlockCandidate, BlockSolved } from "@gopool/proto";
import { RoadService } from "@gopool/proto/control";
import { type Clock, FatalError, type Given, type Road } from "@gopool/runtime";
import { controlClient } from "./client.ts";
import { type ClientTls, turnedAway } from "./tls_probe.ts";

/** One attempt: a block of 4 MB takes a second on a slow line, and a service that is stopped answers nothing. */
const ROAD_CALL_MS = 3_000;

/**
 * A peer that vanished (power, a firewall that forgot) costs one call at most: both together end before the call does,
 * so the next one opens a connection of its own. The answer may wait behind a block on a slow line, so it has the
 * longer part; the question is one small frame a second, and only while something is given.
 */
const ROAD_PING = { intervalMs: 1_000, timeoutMs: 1_500 };

/** A road whose connections are open as long as it is. */
export interface OpenRoad<T> extends Road<T>, Disposable {}

export interface RoadDeps {
  readonly clock: Pick<Clock, "sleep">;
}

type RoadSettings = Pick<
  ControlSettings,
  "internalToken" | "controlTlsCert" | "controlTlsKey" | "controlClientCa"
>;

/**
 * To the shareprocs that the settings name; undefined where they name none.
 *
 * @throws {FatalError} A file with a certificate cannot be read.
 */
export function candidateRoad(
  config: RoadSettings & { readonly roadShareproc?: readonly URL[] | undefined },
  deps: RoadDeps,
): Promise<OpenRoad<BlockCandidate> | undefined> {
  return openRoad(
    config.roadShareproc,
    config,
    deps,
    (road, candidate, options) => road.giveCandidate({ candidate }, options),
  );
}

/** To the blocksubmits that the settings name; else as `candidateRoad`. */
export function blockRoad(
  config: RoadSettings & { readonly roadBlocksubmit?: readonly URL[] | undefined },
  deps: RoadDeps,
): Promise<OpenRoad<BlockSolved> | undefined> {
  return openRoad(
    config.roadBlocksubmit,
    config,
    deps,
    (road, solved, options) => road.giveBlock({ solved }, options),
  );
}

type Give<T> = (
  road: Client<typeof RoadService>,
  what: T,
  options: CallOptions,
) => Promise<unknown>;

async function openRoad<T>(
  urls: readonly URL[] | undefined,
  config: RoadSettings,
  { clock }: RoadDeps,
  give: Give<T>,
): Promise<OpenRoad<T> | undefined> {
  if (urls === undefined) return undefined;
  const tls = await tlsOf(config);
  const options = { ...tls, timeoutMs: ROAD_CALL_MS, ping: ROAD_PING };
  const ends = urls.map((url) => ({
    url,
    client: controlClient(url.origin, config.internalToken ?? "", options),
  }));

  /** One attempt; never rejects. */
  async function giveTo(end: typeof ends[number], what: T, signal: AbortSignal): Promise<Given> {
    const { url, client } = end;
    const to = url.host;
    try {
      // Each time: who was started anew meanwhile may want another certificate, and blocks are rare.
      const refusal = url.protocol === "https:"
        ? await turnedAway(url, tls, { clock, withinMs: ROAD_CALL_MS })
        : null;
      if (refusal !== null) return { to, trouble: refusal };
      await give(client(RoadService), what, { signal });
      return { to, trouble: null };
    } catch (error) {
      return { to, trouble: ConnectError.from(error).message };
    }
  }

  return {
    give: (what, signal) => Promise.all(ends.map((end) => giveTo(end, what, signal))),
    [Symbol.dispose]() {
      for (const { client } of ends) client.close();
    },
  };
}

/** To other services this one shows its own certificate; theirs are signed by the authority that callers' are. */
async function tlsOf(
  { controlTlsCert, controlTlsKey, controlClientCa }: RoadSettings,
): Promise<ClientTls> {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await contents(path);
  return {
    cert: await read(controlTlsCert),
    key: await read(controlTlsKey),
    ca: await read(controlClientCa),
  };
}

async function contents(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new FatalError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
