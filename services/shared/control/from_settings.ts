/**
 * Who may call, and with which certificates the address speaks: out of the settings.
 *
 * @module
 */
import { type ControlSettings, type HostPort, isLoopback, tokenFileOf } from "@gopool/config";
import { Role } from "@gopool/proto/control";
import { type Clock, FatalError, type Logger } from "@gopool/runtime";
import { type Access, createAccess, ROLES_BY_NAME, type Token } from "./access.ts";
import type { ServerTls } from "./server.ts";
import { machineToken } from "./token_file.ts";

export interface AddressDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Address {
  readonly listen: HostPort;
  readonly access: Access;
  readonly tls?: ServerTls;
}

/** What this machine's own token is called in records. */
export const LOCAL = "local";
/** What the pool's services are called in records when they call each other. */
export const POOL = "pool";

/**
 * The address as the settings have it. Where they name no tokens and only this machine can reach it, the token is the
 * one in the token file, which is made where it is missing.
 *
 * @throws {FatalError} In a sentence: a file cannot be read, or the token file cannot be made.
 */
export async function addressOf(
  config: ControlSettings & { readonly dataDir?: string },
  deps: AddressDeps,
): Promise<Address> {
  const { controlListen: listen, controlTokens, controlCertRoles = [], internalToken } = config;
  const tokens: Token[] = (controlTokens ?? []).map(({ name, roles, token }) => ({
    name,
    token,
    roles: roles.map((role) => ROLES_BY_NAME[role]),
  }));
  if (controlTokens === undefined && isLoopback(listen)) {
    const token = await machineToken(tokenFileOf(config), deps);
    tokens.push({ name: LOCAL, token, roles: Object.values(ROLES_BY_NAME) });
  }
  if (internalToken !== undefined) {
    tokens.push({ name: POOL, token: internalToken, roles: [Role.INTERNAL] });
  }
  const certificates = controlCertRoles.map(({ name, roles }) => ({
    name,
    roles: roles.map((role) => ROLES_BY_NAME[role]),
  }));
  const access = createAccess({ tokens, certificates });
  const tls = await tlsOf(config);
  return tls === undefined ? { listen, access } : { listen, access, tls };
}

async function tlsOf(
  { controlTlsCert, controlTlsKey, controlClientCa }: ControlSettings,
): Promise<ServerTls | undefined> {
  if (controlTlsCert === undefined || controlTlsKey === undefined) return undefined;
  const cert = await contents("GOPOOL_CONTROL_TLS_CERT", controlTlsCert);
  const key = await contents("GOPOOL_CONTROL_TLS_KEY", controlTlsKey);
  if (controlClientCa === undefined) return { cert, key };
  return { cert, key, clientCa: await contents("GOPOOL_CONTROL_CLIENT_CA", controlClientCa) };
}

async function contents(variable: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new FatalError(`Cannot read ${variable}=${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
