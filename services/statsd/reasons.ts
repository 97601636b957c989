/**
 * Reasons as statistics write them: "low-difficulty".
 *
 * @module
 */
import { Reason } from "@gopool/proto";

const WORDS: readonly string[] = Object.values(Reason)
  .filter((reason): reason is Reason => typeof reason === "number")
  .reduce<string[]>((words, reason) => {
    words[reason] = Reason[reason].toLowerCase().replaceAll("_", "-");
    return words;
  }, []);

/** One that a later build named is said as none is. */
export function reasonWord(reason: Reason): string {
  return WORDS[reason] ?? WORDS[Reason.UNSPECIFIED]!;
}
