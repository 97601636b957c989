/** What of MinerService is money and choices: read, ask, shape. @module */
import type { Network } from "@gopool/chain";
import { Code, ConnectError, type ServiceImpl } from "@gopool/control";
import { type MinerService, timestampFromMs } from "@gopool/proto/api";
import { type ApplyRequestResponse, RequestRefusal } from "@gopool/proto/control";
import type { Clock, Logger } from "@gopool/runtime";
import { accountOf } from "../public/accounts.ts";
import { Parts } from "../public/parts.ts";
import { DAYS_MAX, DAYS_USUAL, FORWARDS_MAX, LIST_MAX, LIST_USUAL } from "./limits.ts";
import { sizeOf } from "./pages.ts";
import type { BooksReader } from "./reader.ts";
import { NotInBooks, told } from "./rpc_errors.ts";
import type { ApplyRequest } from "./settings_forward.ts";
import { dayMessage, minerPayout } from "./shapes.ts";

export interface MinerBooksDeps {
  readonly books: BooksReader;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly network: Network;
  /** Null: changes of settings are not taken here. */
  readonly applyRequest: ApplyRequest | null;
}

export type MinerBooks = Pick<
  ServiceImpl<typeof MinerService>,
  "listMinerPayouts" | "listEarnings" | "getMinerSettings" | "changeMinerSettings"
>;

export function createMinerBooksRpc(deps: MinerBooksDeps): MinerBooks {
  const { books, clock, log, network, applyRequest } = deps;
  const freshness = () => new Parts().freshness(clock.now());
  let forwards = 0;
  return {
    listMinerPayouts: told(async ({ address, pageSize, pageToken }) => {
      const account = accountOf(address, network);
      const size = sizeOf(pageSize, LIST_USUAL, LIST_MAX);
      const page = known(account, await books.minerPayouts(account, { size, token: pageToken }));
      const { rows, nextPageToken } = page;
      return { freshness: freshness(), payouts: rows.map(minerPayout), nextPageToken };
    }),

    listEarnings: told(async ({ address, days }) => {
      const account = accountOf(address, network);
      const size = sizeOf(days, DAYS_USUAL, DAYS_MAX);
      const found = known(account, await books.earnings(account, size));
      return { freshness: freshness(), days: found.map(dayMessage) };
    }),

    getMinerSettings: told(async ({ address }) => {
      const account = accountOf(address, network);
      const settings = known(account, await books.settings(account));
      const { pending, payoutAddress, thresholdSats, nextNonce, messageExample } = settings;
      return {
        freshness: freshness(),
        address: account,
        payoutThresholdSats: thresholdSats,
        payoutAddress,
        ...pending === null ? {} : {
          pendingPayoutAddress: pending.address,
          pendingFrom: timestampFromMs(pending.fromMs),
        },
        nextNonce,
        messageExample,
        feeBasisPoints: settings.feeBasisPoints,
        donationBasisPoints: settings.donationBasisPoints,
        leastThresholdSats: settings.leastThresholdSats,
        addressDelaySeconds: Math.ceil(settings.addressDelayMs / 1_000),
      };
    }),

    changeMinerSettings: told(async ({ address, message, signature }, { signal }) => {
      // Only that it is one: whose line it is, the line itself says, and payoutd judges.
      accountOf(address, network);
      if (applyRequest === null) {
        throw new ConnectError("This server takes no changes of settings", Code.Unimplemented);
      }
      if (forwards >= FORWARDS_MAX) throw busy();
      forwards++;
      const request = { text: message, signature };
      const answer = await forwarded(applyRequest, request, signal, log).finally(() => forwards--);
      if (answer.refusal !== RequestRefusal.UNSPECIFIED) throw refusal(answer);
      return { changes: [changeOf(answer)] };
    }),
  };
}

function known<T>(account: string, found: T | null): T {
  if (found === null) throw new NotInBooks(`The pool's books know nobody by ${account}`);
  return found;
}

function busy(): ConnectError {
  return new ConnectError(
    "Too many changes of settings are being judged now: send the same message again in a moment",
    Code.ResourceExhausted,
    { "retry-after": "1" },
  );
}

/** @throws {ConnectError} In words for the miner: what is wrong between the pool's own parts is the log's. */
async function forwarded(
  applyRequest: ApplyRequest,
  request: Parameters<ApplyRequest>[0],
  signal: AbortSignal,
  log: Logger,
): Promise<ApplyRequestResponse> {
  try {
    return await applyRequest(request, signal);
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    // What payoutd's own bounds refuse is the miner's.
    if (code === Code.InvalidArgument) throw new ConnectError(rawMessage, code);
    log.warn("a change of settings could not be handed on", { error });
    throw new ConnectError(
      "Who keeps the pool's books does not answer now: send the same message again in a while, it is followed once",
      Code.Unavailable,
    );
  }
}

const REFUSED: Readonly<Partial<Record<RequestRefusal, Code>>> = {
  [RequestRefusal.MALFORMED]: Code.InvalidArgument,
  [RequestRefusal.OTHER_POOL]: Code.InvalidArgument,
  [RequestRefusal.BAD_VALUE]: Code.InvalidArgument,
  [RequestRefusal.TOO_FAR]: Code.InvalidArgument,
  [RequestRefusal.UNKNOWN_ACCOUNT]: Code.NotFound,
  [RequestRefusal.NONCE_USED]: Code.AlreadyExists,
  [RequestRefusal.TOO_MANY]: Code.ResourceExhausted,
  [RequestRefusal.BAD_SIGNATURE]: Code.PermissionDenied,
};

/** payoutd's own sentence. */
function refusal({ refusal, why }: ApplyRequestResponse): ConnectError {
  return new ConnectError(why, REFUSED[refusal] ?? Code.FailedPrecondition);
}

/** What was changed, in a sentence. */
function changeOf({ before, after, fromMs, again }: ApplyRequestResponse): string {
  const from = new Date(Number(fromMs)).toISOString().replace(".000Z", "Z");
  const repeated = again ? " This message was followed before: nothing was done now." : "";
  return `It was ${before}, it is ${after} from ${from} on.${repeated}`;
}
