/** ClientService: what miners have chosen, and their signed requests. @module */
import { canonicalAddress, type Network } from "@gopool/chain";
import { caller, type HandlerContext, note, type ServiceImpl } from "@gopool/control";
import type { Ledger, Tx } from "@gopool/ledger";
import { type AcceptedRequest, type Client, clientOf, requestsOf } from "@gopool/ledger/clients";
import { feesAt, ratesOf } from "@gopool/ledger/schemes";
import {
  type ApplyRequestResponse,
  ApplyRequestResponseSchema,
  type ClientService,
  create,
  type MessageInitShape,
  RequestRefusal,
} from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import type { ClientRules, RefusedFor, RequestVerdict, SignedRequest } from "./clients/mod.ts";
import { followRequest, UnknownToBooks } from "./desk/mod.ts";
import { told, toldOf } from "./rpc_errors.ts";
import { pageOf, placeOf, sizeOf } from "./rpc_paging.ts";

export interface ClientRpcDeps {
  readonly ledger: Ledger;
  readonly network: Network;
  readonly clock: Pick<Clock, "now">;
  readonly rules: ClientRules;
  /** Of who has chosen none. */
  readonly thresholdSats: bigint;
}

const REFUSALS: Readonly<Record<RefusedFor, RequestRefusal>> = {
  "malformed": RequestRefusal.MALFORMED,
  "other-pool": RequestRefusal.OTHER_POOL,
  "unknown-account": RequestRefusal.UNKNOWN_ACCOUNT,
  "nonce-used": RequestRefusal.NONCE_USED,
  "expired": RequestRefusal.EXPIRED,
  "too-far": RequestRefusal.TOO_FAR,
  "too-many": RequestRefusal.TOO_MANY,
  "bad-value": RequestRefusal.BAD_VALUE,
  "nothing-pending": RequestRefusal.NOTHING_PENDING,
  "bad-signature": RequestRefusal.BAD_SIGNATURE,
};

export function createClientRpc(deps: ClientRpcDeps): ServiceImpl<typeof ClientService> {
  const { ledger, network, clock, rules } = deps;
  return {
    getClient: told(({ account }) =>
      ledger.transaction(async (tx) => {
        const nowMs = clock.now();
        const client = await existing(tx, account, nowMs);
        const { script, pending, thresholdSats: chosen, notify } = client;
        const threshold = chosen ?? deps.thresholdSats;
        const { leastThresholdSats: least } = rules;
        const addressOr = (one: Uint8Array | null) =>
          one === null ? account : canonicalAddress(one, network) ?? one.toHex();
        return {
          account,
          payoutAddress: addressOr(script),
          pendingAddress: pending === null ? "" : addressOr(pending.script),
          pendingFromMs: BigInt(pending?.fromMs ?? 0),
          thresholdSats: threshold < least ? least : threshold,
          ownThreshold: chosen !== null,
          notify: notify ?? "",
          ...ratesOf(await feesAt(tx, nowMs), account),
        };
      }, { snapshot: true })
    ),

    listClientRequests: told(async ({ account, pageSize, pageToken }) => {
      const size = sizeOf(pageSize);
      const place = placeOf(pageToken, "bigint");
      const found = await ledger.transaction(async (tx) => {
        const client = await existing(tx, account, clock.now());
        const before = place === null ? null : BigInt(place[0]!);
        return await requestsOf(tx, client.account, size + 1, before);
      }, { snapshot: true });
      const { rows, nextPageToken } = pageOf(found, size, ({ id }) => [id]);
      return { requests: rows.map(requestMessage), nextPageToken };
    }),

    applyRequest: told(async ({ text, signature }, context) => {
      const actor = { who: caller(context).name, method: methodOf(context) };
      const verdict = await followRequest(deps, { text, signature }, rules, actor);
      if (verdict.kind === "applied") {
        const { before, after } = verdict;
        note(context, { before, after });
      }
      return answerOf(verdict);
    }),
  };
}

/**
 * ApplyRequest for who stands in the same process as the books: the pool's own public API.
 *
 * @param who As the audit names it.
 */
export function requestsBy(
  deps: Omit<ClientRpcDeps, "thresholdSats">,
  who: string,
): (request: SignedRequest) => Promise<ApplyRequestResponse> {
  const actor = { who, method: "ClientService/ApplyRequest" };
  return async ({ text, signature }) => {
    try {
      const verdict = await followRequest(deps, { text, signature }, deps.rules, actor);
      return create(ApplyRequestResponseSchema, answerOf(verdict));
    } catch (error) {
      throw toldOf(error);
    }
  };
}

function answerOf(verdict: RequestVerdict): MessageInitShape<typeof ApplyRequestResponseSchema> {
  if (verdict.kind === "refused") return { refusal: REFUSALS[verdict.reason], why: verdict.why };
  const { requestId, before, after, fromMs, again } = verdict;
  return { requestId, before, after, fromMs: BigInt(fromMs), again };
}

function methodOf({ service, method }: HandlerContext): string {
  return `${service.name}/${method.name}`;
}

async function existing(tx: Tx, account: string, nowMs: number): Promise<Client> {
  const client = await clientOf(tx, account, nowMs);
  if (client === null) throw new UnknownToBooks(`Nobody has mined here as ${account}`);
  return client;
}

function requestMessage(request: AcceptedRequest) {
  const { id, setting, before, after, atMs, fromMs, signedBy, body } = request;
  return {
    id,
    setting,
    before,
    after,
    atMs: BigInt(atMs),
    fromMs: BigInt(fromMs),
    signedBy,
    text: body,
  };
}
