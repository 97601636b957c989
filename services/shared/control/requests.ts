/**
 * From a request of node:http2 to the method that it names, and back.
 *
 * @module
 */
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { Code, ConnectError, type ContextValues, createContextValues } from "@connectrpc/connect";
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import type { Logger } from "@gopool/runtime";
import type { Connections } from "./connections.ts";
import { certificateKey } from "./gate.ts";

type Request = Http2ServerRequest | IncomingMessage;
type Response = Http2ServerResponse | ServerResponse;

export interface ListenerDeps {
  readonly log: Logger;
  /** Known when the first request comes: it is made for the server that this is made for. */
  readonly connections: () => Pick<Connections, "isEnding" | "hold">;
}

/**
 * What the HTTP server calls for each request. Whatever a request is made of, it ends here: connect-node's own adapter
 * throws out of the server's callback where a request names no authority, and prints what a caller has broken off.
 */
export function createListener(
  handlers: readonly UniversalHandler[],
  { log, connections }: ListenerDeps,
): (request: Request, response: Response) => void {
  const byPath = new Map(handlers.map((handler) => [handler.requestPath, handler]));
  const answer = async (request: Request, response: Response): Promise<void> => {
    const handler = byPath.get(request.url?.split("?", 2)[0] ?? "");
    if (handler === undefined) {
      response.statusCode = 404;
      response.end();
      return;
    }
    const universal = universalRequestFromNodeRequest(
      request,
      response as ServerResponse,
      undefined,
      shownBy(request),
    );
    await universalResponseToNodeResponse(await handler(universal), response as ServerResponse);
  };
  return (request, response) => {
    // A caller that goes away is no news, and nothing that may end the process.
    request.on("error", () => {});
    response.on("error", () => {});
    const { isEnding, hold } = connections();
    // Every protocol reads this as "unavailable".
    if (isEnding) return refuse(response, 503);
    response.on("close", hold(request.socket));
    answer(request, response).catch((error) => {
      const { code } = ConnectError.from(error);
      if (code === Code.Aborted || code === Code.Canceled) return;
      log.debug("a request could not be answered", { url: request.url, error });
      refuse(response, 400);
    });
  };
}

/** What the connection tells of its caller. */
function shownBy(request: Request): ContextValues {
  const values = createContextValues();
  const socket = "stream" in request ? request.stream.session?.socket : request.socket;
  const tls = socket as Partial<TLSSocket> | undefined;
  // Without an authority to check it against, a certificate proves nothing.
  if (tls?.authorized !== true) return values;
  const name = tls.getPeerCertificate?.().subject?.CN;
  // A subject may repeat its fields; who has several names has none.
  return values.set(certificateKey, typeof name === "string" ? name : null);
}

function refuse(response: Response, status: number): void {
  try {
    if (!response.headersSent) response.statusCode = status;
    response.end();
  } catch {
    // The connection is gone.
  }
}
