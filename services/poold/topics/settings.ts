/**
 * The settings by which the topics are found: the pool's own.
 *
 * @module
 */
import { busUrl, type Config, dataDir, optional } from "@gopool/config";

export const topicsSchema = { dataDir, busUrl: optional(busUrl) };

/** The bus in effect: the one named, or the log under the data folder. */
export function busOf(settings: Pick<Config<typeof topicsSchema>, "dataDir" | "busUrl">): string {
  return settings.busUrl === undefined ? `sqlite:${settings.dataDir}/bus.db` : settings.busUrl.href;
}
