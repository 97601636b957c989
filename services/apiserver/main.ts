/** The public API and page as a process. Run it by `deno task apiserver`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { memoryStateNote } from "@gopool/config";
import { runDaemon } from "@gopool/control";
import { ledgerOptionsOf, openLedger } from "@gopool/ledger";
import { PublicApiService } from "@gopool/proto/control";
import { openSeries, seriesOptionsOf } from "@gopool/series";
import { openState, stateOptionsOf } from "@gopool/state";
import { lateLedger } from "./books/mod.ts";
import { settings } from "./config.ts";
import { forwardOf } from "./from_settings.ts";
import { openPage } from "./page/mod.ts";
import { createPublicApiRpc, SERVES } from "./rpc.ts";
import { createApiserver } from "./service.ts";

await runDaemon("apiserver", settings, { serves: SERVES }, async (daemon) => {
  const { config, clock, metrics, signal } = daemon;
  const { poolName: pool, network } = config;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) =>
      openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble, metrics }),
  );
  await using state = await daemon.open(
    "state",
    (onTrouble) => openState(config.stateUrl, { ...stateOptionsOf(config), clock, onTrouble }),
  );
  daemon.note("state", memoryStateNote(config));
  await using series = await daemon.open("series", (onTrouble) =>
    openSeries(config.seriesUrl, {
      ...seriesOptionsOf(config),
      clock,
      access: "read",
      onTrouble,
      signal,
    }));
  const access = { ...ledgerOptionsOf(config), clock, pool, network, readOnly: true };
  const ledger = lateLedger({
    ...daemon,
    open: (signal, onTrouble) => openLedger(config.ledgerUrl, { ...access, signal, onTrouble }),
  });
  using forward = forwardOf(config);
  const page = await openPage({ folder: config.page });
  const { apply } = forward;
  const deps = { ...daemon, bus, state, series, ledger, pool, network, settings: config, page };
  const apiserver = createApiserver({ ...deps, applyRequest: apply });
  daemon.provide(PublicApiService, createPublicApiRpc({ apiserver, settings: config }));
  await daemon.run(apiserver, ledger);
});
