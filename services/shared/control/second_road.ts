/**
 * The block's second road over the control plane: a candidate to every shareproc, a block to every blocksubmit.
 *
 * @module
 */
import { type CallOptions, type Client, ConnectError } from "@connectrpc/connect";
import type { ControlSettings } from "@gopool/config";
import type { BlockCandidate, BlockSolved } from "@gopool/proto";
import { RoadService } from "@gopool/proto/control";
import { FatalError, type Given, type Road } from "@gopool/runtime";
import { type ControlClient, controlClient } from "./client.ts";

/** One attempt: a block of 4 MB takes a second on a slow line, and a service that is stopped answers nothing. */
const ROAD_CALL_MS = 3_000;

/** A road whose connections are open as long as it is. */
export interface OpenRoad<T> extends Road<T>, Disposable {}

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
): Promise<OpenRoad<BlockCandidate> | undefined> {
  return openRoad(
    config.roadShareproc,
    config,
    (road, candidate, options) => road.giveCandidate({ candidate }, options),
  );
}

/** To the blocksubmits that the settings name; else as `candidateRoad`. */
export function blockRoad(
  config: RoadSettings & { readonly roadBlocksubmit?: readonly URL[] | undefined },
): Promise<OpenRoad<BlockSolved> | undefined> {
  return openRoad(
    config.roadBlocksubmit,
    config,
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
  give: Give<T>,
): Promise<OpenRoad<T> | undefined> {
  if (urls === undefined) return undefined;
  const tls = await tlsOf(config);
  const ends = urls.map((url) => ({
    to: url.host,
    client: controlClient(url.origin, config.internalToken ?? "", {
      ...tls,
      timeoutMs: ROAD_CALL_MS,
    }),
  }));
  return {
    give: (what, signal) => Promise.all(ends.map((end) => giveTo(end, what, signal, give))),
    [Symbol.dispose]() {
      for (const { client } of ends) client.close();
    },
  };
}

/** One attempt; never rejects. */
async function giveTo<T>(
  { to, client }: { readonly to: string; readonly client: ControlClient },
  what: T,
  signal: AbortSignal,
  give: Give<T>,
): Promise<Given> {
  try {
    await give(client(RoadService), what, { signal });
    return { to, trouble: null };
  } catch (error) {
    return { to, trouble: ConnectError.from(error).message };
  }
}

/** To other services this one shows its own certificate; theirs are signed by the authority that callers' are. */
async function tlsOf(
  { controlTlsCert, controlTlsKey, controlClientCa }: RoadSettings,
): Promise<{ cert?: string; key?: string; ca?: string }> {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await contents(path);
  const [cert, key, ca] = [
    await read(controlTlsCert),
    await read(controlTlsKey),
    await read(controlClientCa),
  ];
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  };
}

async function contents(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new FatalError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
