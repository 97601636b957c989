/**
 * Whether the demo miner runs, and where it finds the gateway.
 *
 * @module
 */
import type { HostPort } from "@gopool/config";
import type { PooldConfig } from "../config.ts";

/** Whether the demo miner runs under these settings: never against a real node. */
export function demoMines({ nodeUrl, demoMiner }: PooldConfig): boolean {
  return nodeUrl === undefined && demoMiner;
}

/** An address of this machine by which the gateway can be reached. */
export function demoTarget({ stratumListen }: PooldConfig): HostPort {
  const { host, port } = stratumListen;
  if (host === "0.0.0.0") return { host: "127.0.0.1", port };
  return { host: host === "::" ? "::1" : host, port };
}
