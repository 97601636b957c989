/**
 * GoPool's version: the one place that says it. Status, metrics and `--version` read it here.
 *
 * The number after the first point rises with what an operator has to read the changelog for.
 */
export const VERSION = "0.7.0";
