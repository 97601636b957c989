/**
 * The settings by which the topics are found: the pool's own.
 *
 * @module
 */
import { busProblems, busRows, busUrl, dataDir, optional, type Settings } from "@gopool/config";
import { logEpoch } from "@gopool/shareproc/config";

export const topicsSchema = { dataDir, ...busRows, busUrl: optional(busUrl), logEpoch };

export const topicsSettings: Settings<typeof topicsSchema> = {
  schema: topicsSchema,
  problems: ({ busUrl, ...found }, isBad) =>
    busProblems({ ...found, ...(busUrl === undefined ? {} : { busUrl }) }, isBad),
};
