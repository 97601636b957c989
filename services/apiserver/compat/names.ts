/** Names that public-pool's answers have and this pool's figures have not. @module */
import { sha256 } from "@gopool/chain";

/** What public-pool calls a worker that gave no name (src/models/stratum-messages/AuthorizationMessage.ts). */
export const NAMELESS = "worker";

export function shownName(worker: string): string {
  return worker === "" ? NAMELESS : worker;
}

/**
 * A session's id in answers: 8 hex digits that stay the same for a worker. Figures are kept by worker, and the pool's
 * own session ids are nobody's business.
 */
export function sessionIdOf(account: string, worker: string): string {
  return sha256(new TextEncoder().encode(`${account}.${worker}`)).slice(0, 4).toHex();
}
