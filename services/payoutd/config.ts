/**
 * payoutd's table of settings.
 *
 * @module
 */
import {
  busProblems,
  busRows,
  choice,
  commonRows,
  type Config,
  controlProblems,
  controlRows,
  custom,
  flag,
  healthListen,
  integer,
  ledgerProblems,
  ledgerRows,
  nodeCookie,
  nodeGoneAfter,
  nodeUrl,
  poolAddress,
  poolName,
  type Settings,
} from "@gopool/config";
import { addressProblems } from "@gopool/config/payee";
import { nodeProblems } from "@gopool/node";
import { amount, payoutRows, signerRows } from "./payout_rows.ts";

const basisPoints = (variable: string, help: string, fallback: number) =>
  integer(variable, help, { min: 0, max: 10_000, fallback });

/** What the first entry of the ledger's schedules says; later changes are made by `deno task ledger`. */
const schemeRows = {
  scheme: choice("GOPOOL_PAYOUTD_SCHEME", "how rewards are split, from the ledger's opening on", {
    of: ["pplns", "solo", "pps", "fpps", "prop"],
    fallback: "pplns",
  }),
  window: custom(
    "GOPOOL_PAYOUTD_WINDOW",
    "X of PPLNS: a block is paid over this many blocks' worth of work, up to three decimals",
    {
      takes: "NUMBER",
      fallback: "4",
      parse(value) {
        const parts = /^(\d{1,4})(?:\.(\d{1,3}))?$/.exec(value);
        const thousandths = parts === null
          ? 0
          : Number(parts[1]) * 1_000 + Number((parts[2] ?? "").padEnd(3, "0"));
        if (thousandths < 100 || thousandths > 1_000_000) {
          throw new RangeError("must be a number from 0.1 to 1000 with at most three decimals");
        }
        return thousandths;
      },
    },
  ),
  feeBasisPoints: basisPoints(
    "GOPOOL_PAYOUTD_FEE_BASIS_POINTS",
    "the pool's fee from the ledger's opening on, in hundredths of a percent",
    100,
  ),
  donationBasisPoints: basisPoints(
    "GOPOOL_PAYOUTD_DONATION_BASIS_POINTS",
    "what miners give by default of what the fee leaves, in hundredths of a percent",
    0,
  ),
  reserveFloor: amount(
    "GOPOOL_PAYOUTD_RESERVE_FLOOR",
    "PPS and FPPS fall back to PPLNS when the reserve is below",
    { min: 0n, fallback: 0n },
  ),
};

const snapshotRows = {
  coinbaseSplit: flag(
    "GOPOOL_PAYOUTD_COINBASE_SPLIT",
    "pay the window's largest miners in the coinbase itself (gateways: GOPOOL_STRATUM_VARIANT=split)",
  ),
  coinbaseMin: amount("GOPOOL_PAYOUTD_COINBASE_MIN", "smallest output of such a coinbase", {
    // Bitcoin Core's dust limit for the largest usual output; less would be unspendable.
    min: 546n,
    fallback: 100_000n,
  }),
  coinbaseOutputs: integer("GOPOOL_PAYOUTD_COINBASE_OUTPUTS", "most outputs of such a coinbase", {
    min: 1,
    max: 1_000,
    fallback: 150,
  }),
};

const chainRows = {
  formerAddresses: custom(
    "GOPOOL_PAYOUTD_FORMER_ADDRESSES",
    "addresses that GOPOOL_POOL_ADDRESS was before, comma-separated: their coins are the pool's too",
    {
      takes: "ADDRESS,…",
      fallback: "none",
      parse: (value) => value === "none" ? [] : value.split(",").map((part) => part.trim()),
    },
  ),
  maturity: integer(
    "GOPOOL_PAYOUTD_MATURITY",
    "blocks until a coinbase can be spent: 100, and nothing else but on a test chain of one's own",
    { min: 1, max: 100, fallback: 100 },
  ),
  confirmations: integer("GOPOOL_PAYOUTD_CONFIRMATIONS", "blocks until a payout counts as done", {
    min: 1,
    max: 100,
    fallback: 6,
  }),
};

/** payoutd's own rows, beside those of bus, ledger and node. */
export const ownRows = {
  ...schemeRows,
  ...payoutRows,
  ...signerRows,
  ...snapshotRows,
  ...chainRows,
};

export const schema = {
  ...commonRows,
  ...busRows,
  ...ledgerRows,
  nodeUrl,
  nodeCookie,
  nodeGoneAfter,
  poolName,
  poolAddress,
  ...ownRows,
  healthListen: healthListen("127.0.0.1:8106"),
  ...controlRows("127.0.0.1:8206"),
};

export const settings: Settings<typeof schema> = {
  schema,
  problems: (found, isBad) => [
    ...busProblems(found, isBad),
    ...ledgerProblems(found, isBad),
    ...nodeProblems(found),
    ...controlProblems(found),
    ...addressProblems(found.poolAddress),
    ...contradictions(found),
  ],
};

/** What payoutd's own rows say together that cannot be. */
export function contradictions(
  found: {
    readonly [K in keyof typeof ownRows]?: Config<typeof ownRows>[K] | undefined;
  },
): string[] {
  const problems: string[] = [];
  const { signer, keyFile, psbtFolder, feeRateMin: min, feeRateMax: max } = found;
  for (const address of found.formerAddresses ?? []) {
    problems.push(...addressProblems(address, "GOPOOL_PAYOUTD_FORMER_ADDRESSES"));
  }
  if (signer === "key-file" && keyFile === undefined) {
    problems.push("GOPOOL_PAYOUTD_KEY_FILE is required with GOPOOL_PAYOUTD_SIGNER=key-file");
  }
  if (signer === "psbt-folder" && psbtFolder === undefined) {
    problems.push("GOPOOL_PAYOUTD_PSBT_FOLDER is required with GOPOOL_PAYOUTD_SIGNER=psbt-folder");
  }
  if (min !== undefined && max !== undefined && min > max) {
    problems.push(`GOPOOL_PAYOUTD_FEE_RATE_MIN=${min} is above GOPOOL_PAYOUTD_FEE_RATE_MAX=${max}`);
  }
  const { feeRateFallback: usual } = found;
  if (usual !== undefined && max !== undefined && usual > max) {
    problems.push(
      `GOPOOL_PAYOUTD_FEE_RATE_FALLBACK=${usual} is above GOPOOL_PAYOUTD_FEE_RATE_MAX=${max}`,
    );
  }
  const { threshold, payoutMaxRun: run, payoutMaxDay: day } = found;
  for (const [name, most] of [["RUN", run], ["DAY", day]] as const) {
    if (threshold === undefined || most === undefined || most >= threshold) continue;
    problems.push(
      `GOPOOL_PAYOUTD_MAX_${name}=${most} is below GOPOOL_PAYOUTD_THRESHOLD=${threshold}: nothing would ever be paid`,
    );
  }
  if (found.coinbaseSplit && found.scheme !== undefined && found.scheme !== "pplns") {
    problems.push(
      `GOPOOL_PAYOUTD_COINBASE_SPLIT pays the window of PPLNS, but GOPOOL_PAYOUTD_SCHEME is ${found.scheme}`,
    );
  }
  return problems;
}
