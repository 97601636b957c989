/**
 * What is said where a real component cannot be had on this machine.
 *
 * @module
 */

/**
 * Shows the sentence as a test that was ignored: `deno test --quiet` hides whatever else a test file prints.
 *
 * @throws {Error} With CI=true where the component is `required`: there, everything is to be had.
 */
export function skipped(sentence: string, { required = true } = {}): null {
  if (required && Deno.env.get("CI") === "true") throw new Error(sentence);
  Deno.test({ name: sentence, ignore: true, fn: () => {} });
  return null;
}
