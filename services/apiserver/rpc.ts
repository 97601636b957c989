/**
 * What apiserver answers on the control address.
 *
 * @module
 */
import { note, type ServiceImpl } from "@gopool/control";
import { type DescService, PublicApiService } from "@gopool/proto/control";
import type { ApiConfig } from "./api_rows.ts";
import { CALLERS_USUAL, READY_MAX_BYTES, STREAMS_MAX } from "./limits.ts";
import type { Apiserver } from "./service.ts";

export interface PublicApiRpcDeps {
  readonly apiserver: Pick<Apiserver, "desk" | "live">;
  readonly settings: Pick<ApiConfig, "apiRate" | "apiBurst">;
}

export const SERVES: readonly DescService[] = [PublicApiService];

export function createPublicApiRpc(deps: PublicApiRpcDeps): ServiceImpl<typeof PublicApiService> {
  const { apiserver: { desk, live }, settings } = deps;
  const { counts, ready, limiter, streams } = desk;
  return {
    getPublicApi() {
      const ageMs = live.ageMs();
      return {
        listen: desk.listen(),
        routes: [...counts.routes].map(([route, byClass]) => ({
          route,
          ok: BigInt(byClass["2xx"]),
          redirected: BigInt(byClass["3xx"]),
          refused: BigInt(byClass["4xx"]),
          failed: BigInt(byClass["5xx"]),
        })),
        answers: {
          ready: BigInt(counts.kept.ready),
          stale: BigInt(counts.kept.stale),
          shared: BigInt(counts.kept.shared),
          made: BigInt(counts.kept.made),
          unchanged: BigInt(counts.unchanged),
          kept: ready.count,
          keptBytes: BigInt(ready.bytes),
          keptMaxBytes: BigInt(READY_MAX_BYTES),
        },
        limits: {
          rate: settings.apiRate,
          burst: settings.apiBurst,
          callers: limiter?.clients ?? 0,
          refused: BigInt(limiter?.refused ?? 0),
          alone: limiter?.isAlone ?? false,
        },
        streams: streams.all,
        streamsMax: STREAMS_MAX,
        underWay: desk.underWay(),
        busy: BigInt(counts.busy),
        ...ageMs === null ? {} : { liveAgeMs: BigInt(Math.round(ageMs)) },
      };
    },

    listCallers({ pageSize }) {
      const top = limiter?.top(pageSize || CALLERS_USUAL) ?? [];
      return {
        callers: top.map(({ client, requests, refused }) => ({
          caller: client,
          requests: BigInt(requests),
          refused: BigInt(refused),
          streams: streams.of(client),
        })),
      };
    },

    async flushAnswers(_, context) {
      const { dropped, everywhere } = await desk.flush();
      note(context, {
        before: `${dropped} answers ready`,
        after: everywhere ? "none, on any apiserver" : "none here: the state is away",
      });
      return { dropped, everywhere };
    },
  };
}
