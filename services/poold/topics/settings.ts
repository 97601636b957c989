/**
 * The settings by which the topics are found: the pool's own.
 *
 * @module
 */
import { busUrl, dataDir, optional } from "@gopool/config";

export const topicsSchema = { dataDir, busUrl: optional(busUrl) };
