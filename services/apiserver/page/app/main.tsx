/**
 * The pool's page: begins it, and draws what its path shows.
 *
 * @module
 */
import { render } from "preact";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { GetPoolResponseJson, WatchPoolResponseJson } from "@gopool/proto/api";
import { startClock } from "./clock.ts";
import { useLive } from "./live.ts";
import { useLoaded } from "./load.ts";
import { Block } from "./pages/block.tsx";
import { Blocks } from "./pages/blocks.tsx";
import { Connect } from "./pages/connect.tsx";
import { Miner } from "./pages/miner.tsx";
import { Nothing } from "./pages/nothing.tsx";
import { Overview } from "./pages/overview.tsx";
import { Payouts } from "./pages/payouts.tsx";
import { Boundary } from "./parts/boundary.tsx";
import { Frame } from "./parts/frame.tsx";
import { followLinks, path, type Route, routeOf } from "./route.ts";

const online = signal(navigator.onLine);

const POOL_EVERY_MS = 10_000;

function Page() {
  const route = routeOf(path.value);
  const live = useLive<WatchPoolResponseJson>("/api/v1/pool/live");
  const pool = useLoaded<GetPoolResponseJson>(
    "/api/v1/pool",
    POOL_EVERY_MS,
    live.told?.lastBlockHash,
  );
  const name = pool.data?.name ?? "";
  useEffect(() => {
    document.title = [titleOf(route), name || "Mining pool"].filter(Boolean).join(" · ");
  }, [path.value, name]);
  const shown = (route: Route) => {
    switch (route.page) {
      case "overview":
        return <Overview pool={pool} live={live} />;
      case "miner":
        return <Miner key={route.address} address={route.address} />;
      case "blocks":
        return <Blocks pool={pool.data} newest={live.told?.lastBlockHash} />;
      case "block":
        return <Block key={route.hash} hash={route.hash} pool={pool.data} />;
      case "payouts":
        return <Payouts />;
      case "connect":
        return <Connect pool={pool.data} />;
      case "nothing":
        return <Nothing />;
    }
  };
  return (
    <Frame pool={pool.data} offline={!online.value}>
      <Boundary key={path.value}>{shown(route)}</Boundary>
    </Frame>
  );
}

function titleOf(route: Route): string {
  switch (route.page) {
    case "overview":
      return "";
    case "miner":
      return route.address;
    case "block":
      return `Block ${route.hash.slice(0, 8)}`;
    case "nothing":
      return "Not found";
    default:
      return route.page.charAt(0).toUpperCase() + route.page.slice(1);
  }
}

addEventListener("online", () => online.value = true);
addEventListener("offline", () => online.value = false);
startClock();
followLinks();
render(<Page />, document.getElementById("page")!);
