/**
 * The pool as its control addresses show it: who answers where, and which services run there.
 *
 * @module
 */
import { Code, ConnectError, type ControlClient, controlClient } from "@gopool/control";
import { ControlService, Phase, type StatusResponse } from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import type { Print } from "../ledger/show.ts";
import { EXIT, TOKEN_ADVICE, Told } from "./faults.ts";
import { foundPlaces, type Place, USUAL_PLACES } from "./places.ts";
import { type CtlConfig, tokenFileIn } from "./settings.ts";
import { turnedAway } from "./tls_probe.ts";
import { word } from "./words.ts";

/** How long a call may take; those that wait on purpose add their own time. */
export const CALL_MS = 10_000;

/** The options of a call. */
export interface Calling {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** An address, and what runs there. */
export interface Member {
  readonly place: Place;
  readonly status: StatusResponse;
  readonly client: ControlClient;
}

/** At least one. */
export type Members = readonly [Member, ...Member[]];

/** An address that could not be asked. */
export interface Silent {
  readonly place: Place;
  readonly why: string;
}

export interface PoolClient {
  /** Every address in effect, in order; those that do not answer with the reason. Asked once. */
  asked(): Promise<readonly (Member | Silent)[]>;
  /**
   * Those where a service runs, at least one. Addresses that do not answer are complained of.
   *
   * @throws {Told} None of them runs it.
   */
  of(service: string): Promise<Members>;
  /** All that answer, at least one. @throws {Told} */
  members(): Promise<Members>;
  /** The options of a call that may take so much longer than others. */
  calling(moreMs?: number): Calling;
  /** Cuts the connections. */
  close(): void;
}

export interface PoolClientDeps {
  /** Named on the command line; empty: as the settings say. */
  readonly addresses: readonly Place[];
  readonly config: CtlConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly complain: Print;
}

export function createPoolClient(deps: PoolClientDeps): PoolClient {
  const { signal, complain } = deps;
  const calling = (moreMs = 0): Calling => ({ signal, timeoutMs: CALL_MS + moreMs });
  let asking: Promise<readonly (Member | Silent)[]> | undefined;
  let isComplained = false;

  const clients: ControlClient[] = [];

  const asked = () => asking ??= askAll(deps, calling(), clients);

  async function members(): Promise<Members> {
    const all = await asked();
    const silent = all.filter((one): one is Silent => "why" in one);
    const found = all.filter((one): one is Member => "status" in one);
    if (!isSome(found)) throw new Told(silent.map(({ why }) => why).join("\n"), EXIT.unanswered);
    if (!isComplained) { for (const { why } of silent) complain(why); }
    isComplained = true;
    return found;
  }

  return {
    asked,
    members,
    calling,
    close: () => clients.forEach((client) => client.close()),
    async of(service) {
      const all = await members();
      const found = all.filter((one) => servicesOf(one).includes(service));
      if (isSome(found)) return found;
      const others = all.map((one) => `${one.place.name} (${runsThere(one)})`);
      throw new Told(
        `No ${service} runs at ${
          others.join(" or ")
        }: name where it does with --address or GOPOOL_CONTROL_ADDRESSES`,
        EXIT.unanswered,
      );
    },
  };
}

function isSome(found: readonly Member[]): found is Members {
  return found.length > 0;
}

/** What processes run beside their services: of interest only where something is the matter. */
export const HELPERS: ReadonlySet<string> = new Set(["books", "console", "nodes/look", "troubles"]);

/** A process of one service names that alone. */
export function servicesOf({ status }: Member): string[] {
  return status.services.length === 0 ? [status.name] : status.services.map(({ name }) => name);
}

/** Before it works a process does not know what it will run. */
function runsThere(member: Member): string {
  const { phase } = member.status;
  const state = phase === Phase.WORKING ? "" : `, ${word(Phase, phase)}`;
  return `${servicesOf(member).filter((name) => !HELPERS.has(name)).join(", ")}${state}`;
}

async function askAll(
  { addresses, config, clock }: PoolClientDeps,
  calling: Calling,
  clients: ControlClient[],
): Promise<(Member | Silent)[]> {
  const places = addresses.length > 0 ? addresses : config.addresses ?? await foundPlaces();
  if (places.length === 0) throw new Told(NOTHING_FOUND, EXIT.unanswered);
  // A token decides alone where one is shown: who comes by a certificate shows none that lies about.
  const token = config.token ??
    (config.clientCert === undefined ? await ownToken(config.dataDir) : null);
  const tls = await tlsOf(config);
  return await Promise.all(places.map(async (place): Promise<Member | Silent> => {
    if (place.url.startsWith("https:") && tls.cert === undefined) {
      const why = await turnedAway(place, tls.ca, { clock, withinMs: CALL_MS });
      if (why !== null) return { place, why: turnedAwayText(place, why) };
    }
    const client = controlClient(place.url, token ?? "", tls);
    clients.push(client);
    try {
      const status = await client(ControlService).status({ withoutLags: true }, calling);
      return { place, status, client };
    } catch (error) {
      calling.signal.throwIfAborted();
      return { place, why: whyNot(place, error, token !== null) };
    }
  }));
}

const NOTHING_FOUND = `Nothing answers on this machine at ${
  USUAL_PLACES.map(({ name }) => name).join(", ")
}. Start the pool with deno task start, or name where it answers with --address or GOPOOL_CONTROL_ADDRESSES`;

/** The one that a pool without tokens of its own has made; null where there is none. */
async function ownToken(dataDir: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(tokenFileIn(dataDir))).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new Told(
      `The token at ${tokenFileIn(dataDir)} cannot be read: ${
        (error as Error).message
      }. ${TOKEN_ADVICE}`,
      EXIT.unanswered,
    );
  }
}

async function tlsOf({ ca, clientCert, clientKey }: CtlConfig) {
  const read = async (path: string | undefined, what: string) => {
    if (path === undefined) return undefined;
    try {
      return await Deno.readTextFile(path);
    } catch (error) {
      throw new Told(`${what}=${path} cannot be read: ${(error as Error).message}`, EXIT.mistake);
    }
  };
  return {
    ca: await read(ca, "GOPOOL_CONTROL_CA"),
    cert: await read(clientCert, "GOPOOL_CONTROL_CLIENT_CERT"),
    key: await read(clientKey, "GOPOOL_CONTROL_CLIENT_KEY"),
  };
}

function turnedAwayText({ name }: Place, why: string): string {
  return `${name} does not answer (${why}). Is the pool running there with TLS? GOPOOL_CONTROL_CA names who has signed its certificate; where it wants one of the caller's, GOPOOL_CONTROL_CLIENT_CERT and GOPOOL_CONTROL_CLIENT_KEY`;
}

/** Why an address could not be asked, and what to do. */
function whyNot({ name, url }: Place, error: unknown, hasToken: boolean): string {
  if (!(error instanceof ConnectError)) throw error;
  switch (error.code) {
    case Code.Unauthenticated:
      return hasToken
        ? `${name} does not know this token. ${TOKEN_ADVICE}`
        : `${name} wants a token, and there is none. ${TOKEN_ADVICE}`;
    case Code.PermissionDenied:
      return `${name} does not let this token look: ${error.rawMessage}`;
    case Code.DeadlineExceeded:
      return `${name} did not answer within ${CALL_MS / 1_000} s: is it a control address?`;
    case Code.Unimplemented:
      return `${name} is no control address of this pool's version: ${error.rawMessage}`;
    default: {
      const tls = url.startsWith("https:") ? "" : ", with https:// before it where it speaks TLS";
      return `${name} does not answer (${error.rawMessage}). Is the pool running there? Name where it answers with --address or GOPOOL_CONTROL_ADDRESSES${tls}`;
    }
  }
}
