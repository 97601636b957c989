/**
 * Who calls, as far as a public address can know.
 *
 * @module
 */
import { type ContextValues, createContextKey } from "@connectrpc/connect";

const key = createContextKey("", { description: "address of the client" });

/** What the server tells the gateway of a request's caller. */
export interface CallerInfo {
  /** The client's address as text: the connection's, or what a trusted proxy says of it. */
  readonly address: string;
}

/** In an interceptor (`request.contextValues`) or a method (`context.values`): the client's address. */
export function clientAddress(values: ContextValues): string {
  return values.get(key);
}

/** @internal */
export function withCaller(values: ContextValues, { address }: CallerInfo): ContextValues {
  return values.set(key, address);
}
