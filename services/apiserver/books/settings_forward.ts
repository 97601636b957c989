/**
 * Miners' signed requests, handed on to payoutd, which alone judges and follows them. Nothing is read out of them here.
 *
 * @module
 */
import { controlClient, type ControlClientOptions } from "@gopool/control";
import { type ApplyRequestResponse, ClientService } from "@gopool/proto/control";

/**
 * Gives a miner's line and its signature, both untouched, to who keeps the books, and brings the answer back. A refusal
 * is an answer. Asked again with the same line it is done once.
 *
 * @throws {ConnectError} It is away, or refuses the caller.
 */
export type ApplyRequest = (
  request: { readonly text: string; readonly signature: string },
  signal?: AbortSignal,
) => Promise<ApplyRequestResponse>;

export interface SettingsForward extends Disposable {
  readonly apply: ApplyRequest;
}

export interface SettingsForwardOptions extends Pick<ControlClientOptions, "ca"> {
  /** Of payoutd's control address. */
  readonly url: string;
  /** With the role `settings` there. */
  readonly token: string;
  /** How long an answer may take; see APPLY_MS. */
  readonly timeoutMs: number;
}

/** Notices within seconds that the machine it talked to has gone; see ControlClientOptions. */
const PING = { intervalMs: 10_000, timeoutMs: 5_000 };

export function createSettingsForward(
  { url, token, ca, timeoutMs }: SettingsForwardOptions,
): SettingsForward {
  const client = controlClient(url, token, { ca, timeoutMs, ping: PING });
  return {
    apply: (request, signal) =>
      client(ClientService).applyRequest(request, signal === undefined ? {} : { signal }),
    [Symbol.dispose]: () => client.close(),
  };
}
