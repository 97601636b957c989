/**
 * The programs that can be started, with the files they begin in, their settings and what these need.
 *
 * @module
 */
import { readChecked, type Schema, type Settings, type Sources } from "@gopool/config";
import { settings as apiserver } from "@gopool/apiserver/config";
import { pageFolder, pagePreparation } from "@gopool/apiserver/page";
import { settings as blocksubmit } from "@gopool/blocksubmit/config";
import { settings as jobmanager } from "@gopool/jobmanager/config";
import { homeOf } from "@gopool/ledger/home";
import { settings as payoutd } from "@gopool/payoutd/config";
import { settings as shareproc } from "@gopool/shareproc/config";
import { settings as statsd } from "@gopool/statsd/config";
import { settings as stratumd } from "@gopool/stratumd/config";
import { ctlSchema, ctlSettings } from "../ctl/settings.ts";
import { readSettings, settings as pooldSettings } from "../settings.ts";
import { topicsSchema, topicsSettings } from "../topics/settings.ts";
import { ledgerSchema, ledgerSettings } from "../ledger_place.ts";
import { ledgerPreparation } from "./prepare.ts";
import { toolSchema, toolSettings } from "../ledger/settings.ts";
import {
  booksNeeds,
  ctlNeeds,
  fromRoot,
  ledgerToolNeeds,
  pooldNeeds,
  type Reasoned,
  rowNeeds,
  topicsNeeds,
} from "./needs.ts";

export interface Program {
  readonly name: string;
  /** Its file; the `deno.json` beside it or above holds its permission set, under the program's name. */
  readonly main: string;
  readonly schema: Schema;
  /**
   * What it needs under the settings in effect.
   *
   * @throws {ConfigError} @throws {HelpRequested}
   */
  readonly needs: (from: Sources) => Reasoned[];
  /**
   * Deno's arguments for what has to be run before, one after the other, where something has to be made ready. Its
   * needs are known then.
   *
   * @throws {ConfigError} @throws {HelpRequested}
   */
  readonly prepare?: (from: Sources) => string[][];
  /** Somebody at a terminal may press keys. */
  readonly readsKeys?: boolean;
}

/** A service as a process of its own: its table says all. */
function service<S extends Schema>(name: string, settings: Settings<S>): Program {
  return {
    name,
    main: fromRoot(`services/${name}/main.ts`),
    schema: settings.schema,
    needs: (from) => rowNeeds(settings.schema, readChecked(name, settings, from), from.env),
  };
}

/** The tool's own arguments are no settings: it complains of them itself. */
function readLedgerSettings(from: Sources) {
  return readChecked("migrate", ledgerSettings, { ...from, args: [] });
}

function readToolSettings(from: Sources) {
  return readChecked("ledger", toolSettings, { ...from, args: [] });
}

/** Those that have to be run. */
function these(...preparations: readonly (string[] | null)[]): string[][] {
  return preparations.filter((one) => one !== null);
}

export const PROGRAMS: readonly Program[] = [
  service("stratumd", stratumd),
  service("jobmanager", jobmanager),
  service("shareproc", shareproc),
  service("blocksubmit", blocksubmit),
  service("statsd", statsd),
  service("payoutd", payoutd),
  {
    ...service("apiserver", apiserver),
    prepare: (from) => these(pagePreparation(readChecked("apiserver", apiserver, from).page)),
  },
  {
    name: "poold",
    main: fromRoot("services/poold/main.ts"),
    schema: pooldSettings.schema,
    needs: (from) => pooldNeeds(readSettings(from), from.env),
    prepare: (from) => {
      const { ledgerUrl, dataDir } = readSettings(from);
      const ledger = ledgerUrl === undefined ? ledgerPreparation(dataDir) : null;
      return these(ledger, pagePreparation(pageFolder(dataDir)));
    },
  },
  {
    name: "topics",
    main: fromRoot("services/poold/topics/main.ts"),
    schema: topicsSchema,
    // The tool's own arguments are no settings: it complains of them itself.
    needs: (from) =>
      topicsNeeds(
        topicsSchema,
        readChecked("topics", topicsSettings, { ...from, args: [] }),
        from,
      ),
  },
  {
    name: "migrate",
    main: fromRoot("services/poold/migrate/main.ts"),
    schema: ledgerSchema,
    needs: (from) => ledgerToolNeeds(ledgerSchema, readLedgerSettings(from), from.env),
    prepare: (from) => {
      const { ledgerUrl, dataDir } = readLedgerSettings(from);
      // Where there is no ledger, the tool says so and makes none.
      const has = ledgerUrl === undefined && homeOf(dataDir) !== null;
      return has ? these(ledgerPreparation(dataDir)) : [];
    },
  },
  {
    name: "ledger",
    main: fromRoot("services/poold/ledger/main.ts"),
    schema: toolSchema,
    needs: (from) => booksNeeds(toolSchema, readToolSettings(from), from),
    prepare: (from) => {
      const { ledgerUrl, dataDir } = readToolSettings(from);
      const has = ledgerUrl === undefined && homeOf(dataDir) !== null;
      return has ? these(ledgerPreparation(dataDir)) : [];
    },
  },
  {
    name: "ctl",
    main: fromRoot("services/poold/ctl/main.ts"),
    schema: ctlSchema,
    needs: (from) =>
      ctlNeeds(ctlSchema, readChecked("ctl", ctlSettings, { ...from, args: [] }), from),
    readsKeys: true,
  },
];

export function programNamed(name: string | undefined): Program | undefined {
  return PROGRAMS.find((program) => program.name === name);
}
