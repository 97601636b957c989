/**
 * payoutd within the pool: what its settings come to, and the key of the simulated chain's coins.
 *
 * @module
 */
import { type Config, type Field, optional } from "@gopool/config";
import { ownRows } from "@gopool/payoutd/config";

/** Rows that a pool beside a simulated node has other defaults for: its money is worth nothing, and is to be seen moving. */
const DEMO = {
  signer: "key-file",
  payoutApproval: "automatic",
  payoutEvery: 10_000,
  payoutMaxRun: 2_100_000_000_000_000n,
  payoutMaxDay: 2_100_000_000_000_000n,
  maturity: 5,
  confirmations: 3,
} as const satisfies Partial<Config<typeof ownRows>>;

type DemoRow = keyof typeof DEMO;

type PooldRows = {
  [K in keyof typeof ownRows]: K extends DemoRow ? Field<Config<typeof ownRows>[K] | undefined>
    : (typeof ownRows)[K];
};

/** payoutd's rows as the pool's: those with another default beside a simulated node may be left out. */
export const payoutdRows: PooldRows = Object.fromEntries(
  Object.entries(ownRows).map(([key, row]) => {
    if (!(key in DEMO)) return [key, row];
    const { fallback: _, ...rest } = row as Field<unknown>;
    return [key, optional(rest)];
  }),
) as PooldRows;

/**
 * The rows with the defaults of a real chain or of a simulated one filled in.
 *
 * @param simulated Null: the chain is real. Else the key that the pool made for itself, if the address is its own.
 */
export function payoutdConfigOf(
  config: Config<PooldRows>,
  simulated: { readonly keyFile: string | null } | null,
): Config<typeof ownRows> {
  const filled: Record<string, unknown> = { ...config };
  for (const key of Object.keys(DEMO) as DemoRow[]) {
    if (filled[key] !== undefined) continue;
    const row: Field<unknown> = ownRows[key];
    filled[key] = simulated === null ? row.parse(row.fallback!) : DEMO[key];
  }
  if (simulated !== null && config.signer === undefined && config.keyFile === undefined) {
    // Of an address that was named nobody here has the key.
    if (simulated.keyFile === null) filled.signer = "none";
    else filled.keyFile = simulated.keyFile;
  }
  return filled as Config<typeof ownRows>;
}

/** Of the simulated chain: the node and the books must agree on it. */
export function demoMaturity({ maturity }: Pick<Config<PooldRows>, "maturity">): number {
  return maturity ?? DEMO.maturity;
}
