/**
 * What a setting makes a process need of the machine. The launcher turns these into permissions: a host that
 * stands in no setting is out of reach, and nobody edits a file for another host.
 *
 * @module
 */
import type { HostPort } from "./net_fields.ts";

export interface Need {
  /**
   * `native`: an npm package that loads code of the machine, by name. `run`: a program, by its whole path. `sys`: what
   * the runtime tells of the machine or of itself.
   */
  readonly kind: "listen" | "connect" | "read" | "write" | "run" | "native" | "sys";
  /** `host:port`, a path, the package's name, or Deno's word for it. */
  readonly what: string;
}

/** Listening on, or reaching, a host and port. Port 0 is any that is free: then all ports of the host. */
export function netNeed(kind: "listen" | "connect", { host, port }: HostPort): Need {
  const name = host.includes(":") ? `[${host}]` : host;
  return { kind, what: port === 0 ? name : `${name}:${port}` };
}

/** A folder in which files are made, or a file that is written. */
export function keepsIn(path: string): Need[] {
  return [{ kind: "read", what: path }, { kind: "write", what: path }];
}

export function readsFile(path: string): Need[] {
  return [{ kind: "read", what: path }];
}
