/** The keeper of the ledger as a process. Run it by `deno task payoutd`. @module */
import { blockFound, busOptionsOf, groupLags, openBus, shareValid } from "@gopool/bus";
import { payeeOf } from "@gopool/config/payee";
import { ledgerOptionsOf, openLedger } from "@gopool/ledger";
import { askNodes, openNodesOf } from "@gopool/node";
import { runDaemon } from "@gopool/control";
import { ClientService, LedgerService, PayoutService } from "@gopool/proto/control";
import { GROUP } from "./blocks/mod.ts";
import { settings } from "./config.ts";
import { payoutdSettingsOf } from "./from_settings.ts";
import { createPayoutdRpc, SERVES } from "./rpc.ts";
import { createPayoutd, scriptsOf } from "./service.ts";
import { SHARE_GROUP } from "./shares/mod.ts";
import { openSigner } from "./signing/open.ts";

await runDaemon("payoutd", settings, { serves: SERVES }, async (daemon) => {
  const { config, clock, log, metrics, signal } = daemon;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) =>
      openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble, metrics }),
  );
  daemon.lags(() => groupLags(bus, [[shareValid, SHARE_GROUP], [blockFound, GROUP]]));
  await using nodes = openNodesOf(config, daemon);
  const network = await nodes.network(signal);
  const poolAddress = payeeOf("payoutd", config.poolAddress, network);
  const chosen = payoutdSettingsOf(config, poolAddress, network);
  const book = { ...ledgerOptionsOf(config), clock, log, signal, pool: config.poolName, network };
  await using ledger = await daemon.open(
    "ledger",
    (onTrouble) => openLedger(config.ledgerUrl, { ...book, onTrouble }),
  );
  const signing = { ...config, kind: config.signer, network, node: nodes.list[0]! };
  const scripts = scriptsOf({ network, settings: chosen });
  const signer = await daemon.open("signer", () => openSigner({ ...signing, scripts }));
  const deps = { ...daemon, bus, nodes, ledger, signer, network, settings: chosen };
  const rpc = createPayoutdRpc(deps);
  daemon.provide(LedgerService, rpc.ledger);
  daemon.provide(PayoutService, rpc.payouts);
  daemon.provide(ClientService, rpc.clients);
  await daemon.run(createPayoutd(deps), askNodes(nodes, daemon));
});
