/**
 * Rows of the control address: where it is, who may call, and what they say together.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type Config, type Field, optional } from "./field.ts";
import { custom, path, text } from "./fields.ts";
import { keepsIn, type Need, readsFile } from "./needs.ts";
import { type HostPort, hostPort } from "./net_fields.ts";

/** What a caller may: see proto/gopool/control/v1/options.proto. */
export type ControlRole = "read" | "operate" | "money" | "settings";

const ROLES: readonly ControlRole[] = ["read", "operate", "money", "settings"];

/** A caller that a token stands for. */
export interface ControlToken {
  readonly name: string;
  readonly roles: readonly ControlRole[];
  readonly token: string;
}

/** What the name in a client's certificate may. */
export interface CertRoles {
  readonly name: string;
  readonly roles: readonly ControlRole[];
}

/** 96 random bits as base64: less could be tried out by who reaches the port. */
const TOKEN_MIN = 16;
const TOKEN_MAX = 256;
/** Callers are people and a few programs. */
const ENTRIES_MAX = 100;

/** As it stands in a header: no spaces, nothing that a comma or a line feed would cut. */
const TOKEN = new RegExp(`^[A-Za-z0-9._~+/=-]{${TOKEN_MIN},${TOKEN_MAX}}$`);
const TOKEN_MUST = `must have tokens of ${TOKEN_MIN} to ${TOKEN_MAX} letters, digits and ._~+/=-`;
const NAME = /^[A-Za-z0-9@._-]{1,64}$/;

const controlTokens = optional(custom<readonly ControlToken[]>(
  "GOPOOL_CONTROL_TOKENS",
  "who may call the control address: NAME:ROLE+ROLE:TOKEN, roles read, operate, money, settings; not set: the token in GOPOOL_CONTROL_TOKEN_FILE",
  {
    takes: "NAME:ROLE+ROLE:TOKEN,…",
    secret: true,
    parse(value) {
      const tokens = entries(value).map((entry) => {
        const [name = "", roles = "", token = "", ...more] = entry.split(":");
        if (more.length > 0 || !TOKEN.test(token)) throw new SyntaxError(TOKEN_MUST);
        return { name: nameOf(name), roles: rolesOf(roles), token };
      });
      if (new Set(tokens.map(({ token }) => token)).size < tokens.length) {
        throw new RangeError("must not give one token to two names");
      }
      return tokens;
    },
  },
));

const controlCertRoles = optional(custom<readonly CertRoles[]>(
  "GOPOOL_CONTROL_CERT_ROLES",
  "what callers with a certificate may, by its common name: NAME:ROLE+ROLE",
  {
    takes: "NAME:ROLE+ROLE,…",
    parse: (value) =>
      entries(value).map((entry) => {
        const [name = "", roles = "", ...more] = entry.split(":");
        if (more.length > 0) throw new SyntaxError("must be entries of the form NAME:ROLE+ROLE");
        return { name: nameOf(name), roles: rolesOf(roles) };
      }),
  },
));

const controlTokenFile: Field<string | undefined> = optional({
  ...path(
    "GOPOOL_CONTROL_TOKEN_FILE",
    "file with the token of who works on this machine, made where it is missing; not set: control-token in the data folder",
  ),
  needs: tokenFileNeeds,
});

const internalToken = optional(text(
  "GOPOOL_INTERNAL_TOKEN",
  "token with which the pool's services call each other, the same for all",
  {
    takes: "TOKEN",
    secret: true,
    maxLength: TOKEN_MAX,
    pattern: TOKEN,
    must: `${TOKEN_MIN} to ${TOKEN_MAX} letters, digits and ._~+/=-`,
  },
));

/** All rows of a process that has a control address. @param fallback Where it is when nothing else is said. */
export function controlRows(fallback: string) {
  return {
    controlListen: hostPort(
      "GOPOOL_CONTROL_LISTEN",
      "control address: Connect, gRPC and gRPC-Web for operators and tools",
      { fallback },
    ),
    controlTokens,
    controlTokenFile,
    controlTlsCert: file("GOPOOL_CONTROL_TLS_CERT", "file with the control address's certificate"),
    controlTlsKey: file("GOPOOL_CONTROL_TLS_KEY", "file with the key of that certificate, PEM"),
    controlClientCa: file(
      "GOPOOL_CONTROL_CLIENT_CA",
      "file with the certificates that callers' are signed by, PEM; callers then need one",
    ),
    controlCertRoles,
    internalToken,
  };
}

export type ControlSettings = Config<ReturnType<typeof controlRows>>;

/** The file with this machine's token: the one that is named, or one in the data folder. */
export function tokenFileOf(
  { controlTokenFile, dataDir = "./data" }: {
    readonly controlTokenFile?: string | undefined;
    readonly dataDir?: string | undefined;
  },
): string {
  return controlTokenFile ?? `${dataDir}/control-token`;
}

/** What making and reading the token file needs: the file alone, and its folder only where that has to be made. */
export function tokenFileNeeds(file: string): Need[] {
  return keepsIn(existsSync(dirname(file)) ? file : dirname(file));
}

/** Whether only programs of this machine can reach it. */
export function isLoopback({ host }: HostPort): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What rows of the control address contradict, in sentences. */
export function controlProblems(found: Partial<ControlSettings>): string[] {
  const problems: string[] = [];
  const { controlListen: listen, controlTlsCert: cert, controlTlsKey: key } = found;
  const { controlClientCa: ca, controlCertRoles: roles, controlTokens: tokens } = found;
  const same = tokens?.find(({ token }) => token === found.internalToken);
  if (same !== undefined) {
    // Of two callers with one token nobody could tell which it is.
    problems.push(
      `GOPOOL_INTERNAL_TOKEN is also the token of ${same.name} in GOPOOL_CONTROL_TOKENS: each must have its own`,
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    problems.push(
      "GOPOOL_CONTROL_TLS_CERT and GOPOOL_CONTROL_TLS_KEY belong together: one is missing",
    );
  }
  if (ca !== undefined && cert === undefined) {
    problems.push("GOPOOL_CONTROL_CLIENT_CA needs TLS: GOPOOL_CONTROL_TLS_CERT is missing");
  }
  if (roles !== undefined && ca === undefined) {
    problems.push("GOPOOL_CONTROL_CERT_ROLES is set, but GOPOOL_CONTROL_CLIENT_CA is missing");
  }
  if (listen !== undefined && !isLoopback(listen) && tokens === undefined && ca === undefined) {
    problems.push(
      `GOPOOL_CONTROL_LISTEN=${listen.host}:${listen.port} can be reached from other machines: it needs GOPOOL_CONTROL_TOKENS, or callers' certificates (GOPOOL_CONTROL_CLIENT_CA)`,
    );
  }
  return problems;
}

/** Separated by commas or lines; at least one. */
function entries(value: string): string[] {
  const found = value.split(/[,\n]/).map((entry) => entry.trim()).filter((entry) => entry !== "");
  if (found.length === 0) throw new SyntaxError("must have an entry");
  if (found.length > ENTRIES_MAX) {
    throw new RangeError(`must have no more than ${ENTRIES_MAX} entries`);
  }
  return found;
}

function nameOf(name: string): string {
  if (!NAME.test(name)) {
    throw new SyntaxError("must begin each entry with a name of letters, digits and @._-");
  }
  return name;
}

function rolesOf(text: string): ControlRole[] {
  return text.split("+").map((role) => {
    const found = ROLES.find((one) => one === role);
    if (found === undefined) {
      throw new RangeError(`must name roles among ${ROLES.join(", ")}, with + between them`);
    }
    return found;
  });
}

function file(variable: string, help: string): Field<string | undefined> {
  return optional({ ...path(variable, help), needs: readsFile });
}
