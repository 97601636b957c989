/** Miners as tables name them. @module */
import { ends } from "./words.ts";

/** Address and worker, short enough for a table. */
export function whoOf({ account, worker }: { account: string; worker: string }): string {
  if (account === "") return "-";
  return `${ends(account)}${worker === "" ? "" : `.${worker}`}`;
}
