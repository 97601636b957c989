/** PoolService and MinerService: read, ask, shape. @module */
import { AddressError } from "@gopool/chain";
import { Code, ConnectError, type ServiceImpl } from "@gopool/control";
import type { MinerService, PoolService } from "@gopool/proto/api";
import { BadPage, type MinerBooks } from "../books/mod.ts";
import { TooManyWatch } from "../live.ts";
import { accountOf } from "./accounts.ts";
import { connectionOf } from "./connection.ts";
import { NotSeen, partsOf, type PublicDeps } from "./deps.ts";
import { known, minerAnswer, minerChartAnswer, minerTick } from "./miner.ts";
import { isAway, PartsAway } from "./parts.ts";
import { poolAnswer, poolChartAnswer, poolTick, topMinersAnswer } from "./pool.ts";
import { TopMiners } from "./top_miners.ts";
import { BadToken } from "./worker_pages.ts";
import { workerAnswer, workersAnswer } from "./workers.ts";

export interface PublicRpc {
  readonly pool: ServiceImpl<typeof PoolService>;
  readonly miners: ServiceImpl<typeof MinerService>;
}

/** Sentences for who asked; anything else is a fault, which the gateway logs. */
const CODES = [
  [AddressError, Code.InvalidArgument],
  [BadToken, Code.InvalidArgument],
  [BadPage, Code.InvalidArgument],
  [NotSeen, Code.NotFound],
  [PartsAway, Code.Unavailable],
  [TooManyWatch, Code.ResourceExhausted],
] as const;

/** The error as a caller is told it. What a store that is away says of itself names hosts: it is not told. */
export function toldOf(error: unknown): unknown {
  const found = CODES.find(([kind]) => error instanceof kind);
  if (found !== undefined) return new ConnectError((error as Error).message, found[1]);
  if (!isAway(error)) return error;
  return new ConnectError("What this needs cannot be read now: ask again later", Code.Unavailable);
}

async function told<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toldOf(error);
  }
}

export function createPublicRpc(deps: PublicDeps, minerBooks: MinerBooks): PublicRpc {
  const { live, network, settings } = deps;
  const top = new TopMiners(deps.series);
  const account = ({ address }: { readonly address: string }) => accountOf(address, network);
  return {
    pool: {
      getPool: () => told(() => poolAnswer(deps)),
      getPoolChart: ({ range }) => told(() => poolChartAnswer(deps, range)),
      listTopMiners: ({ pageSize }) => told(() => topMinersAnswer(deps, top, pageSize)),
      getConnection: () => connectionOf(network, settings),
      async *watchPool(_, { signal }) {
        for await (const record of await told(() => live.watchPool(signal))) {
          yield poolTick(record);
        }
      },
    },
    miners: {
      ...minerBooks,
      getMiner: (request) => told(() => minerAnswer(deps, account(request))),
      getMinerChart: (request) => told(() => minerChartAnswer(deps, account(request), request)),
      listWorkers: (request) => told(() => workersAnswer(deps, account(request), request)),
      getWorker: (request) => told(() => workerAnswer(deps, account(request), request.name)),
      async *watchMiner(request, { signal }) {
        const ticks = await told(async () => {
          const one = account(request);
          await known(deps, partsOf(deps), { kind: "account", account: one });
          return live.watchAccount(one, signal);
        });
        for await (const tick of ticks) yield minerTick(tick);
      },
    },
  };
}
