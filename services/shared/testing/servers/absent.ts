/**
 * What is said where a real component cannot be had on this machine.
 *
 * @module
 */

/** Why a component is not there, as the end of a sentence: "there is no Java on this machine". */
export interface Absent {
  readonly why: string;
}

/**
 * Shows the sentence as a test that was ignored: `deno test --quiet` hides whatever else a test file prints.
 *
 * @throws {Error} With CI=true where the component is `required`: there, everything is to be had.
 */
export function skipped(sentence: string, { required = true } = {}): null {
  if (required && onCi()) throw new Error(sentence);
  Deno.test({ name: sentence, ignore: true, fn: () => {} });
  return null;
}

/** Where a component that is not there is an error. */
export function onCi(): boolean {
  return Deno.env.get("CI") === "true";
}

/** Where what tests need is kept between runs: a folder of the user's. */
export function cacheFolder(): string {
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`}/gopool`;
}
