/** What a scrape shows, for tests of who counts what. @module */

/** Whatever renders metrics in Prometheus' text format. */
export interface Rendering {
  render(): Promise<string>;
}

/** The samples of one name in a fresh scrape: labels as they stand there (`{a="b"}`, or nothing) → value. */
export async function samples(metrics: Rendering, name: string): Promise<Record<string, number>> {
  return samplesIn(await metrics.render(), name);
}

export function samplesIn(text: string, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of text.split("\n")) {
    if (!line.startsWith(name) || !/[{ ]/.test(line.charAt(name.length))) continue;
    const at = line.lastIndexOf(" ");
    found[line.slice(name.length, at)] = Number(line.slice(at + 1));
  }
  return found;
}
