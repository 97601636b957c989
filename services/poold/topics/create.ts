/**
 * Makes the topics of a pool on a bus that does not make them by itself.
 *
 * @module
 */
import { type BusOptions, createTopics } from "@gopool/bus";

/**
 * Creates what is missing and tells how what stands differs from the settings; changes nothing that stands.
 *
 * @returns Whether the pool can work on the topics as they stand now.
 * @throws {BusNotOpened} The bus makes its topics by itself, or refuses.
 */
export async function createAll(
  url: string,
  options: BusOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const { created, existing, mistakes, notes } = await createTopics(url, options);
  for (const name of created) print(`created: ${name}`);
  if (existing.length > 0) print(`stood already, not changed: ${existing.join(", ")}`);
  for (const note of notes) print(`note: ${note}`);
  for (const mistake of mistakes) print(`to be changed: ${mistake}`);
  return mistakes.length === 0;
}
