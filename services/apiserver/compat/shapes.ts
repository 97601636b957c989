/**
 * The shapes of public-pool's answers. Names, units and types as its source has them (benjamin-wilson/public-pool at
 * b971e9c, April 2025): src/app.controller.ts, src/controllers/client/client.controller.ts, and the entities and
 * services under src/ORM that they read. Times are ISO 8601 in UTC, speeds hashes a second, difficulties on Bitcoin's
 * scale.
 *
 * @module
 */

/** src/ORM/blocks/blocks.service.ts, getFoundBlocks(). */
export interface FoundBlock {
  readonly height: number;
  readonly minerAddress: string;
  readonly worker: string;
  readonly sessionId: string;
}

/** src/ORM/client/client.service.ts, getUserAgents(). */
export interface UserAgent {
  readonly userAgent: string;
  readonly count: number;
  readonly bestDifficulty: number;
  readonly totalHashRate: number;
}

/** src/ORM/address-settings/address-settings.service.ts, getHighScores(). */
export interface HighScore {
  readonly updatedAt: string;
  readonly bestDifficulty: number;
  readonly bestDifficultyUserAgent: string;
}

/** GET /api/info */
export interface Info {
  readonly blockData: readonly FoundBlock[];
  readonly userAgents: readonly UserAgent[];
  readonly highScores: readonly HighScore[];
  /** When the server was started. */
  readonly uptime: string;
}

/** GET /api/pool */
export interface Pool {
  readonly totalHashRate: number;
  /** Of the chain's tip. */
  readonly blockHeight: number;
  readonly totalMiners: number;
  readonly blocksFound: readonly FoundBlock[];
  /** Percent. Left out while the books are away: 0 would be a promise. */
  readonly fee?: number;
}

/** GET /api/network: src/models/bitcoin-rpc/IMiningInfo.ts, a node's getmininginfo. */
export interface Network {
  readonly blocks: number;
  readonly currentblockweight: number;
  readonly currentblocktx: number;
  readonly difficulty: number;
  readonly networkhashps: number;
  readonly pooledtx: number;
  readonly chain: string;
  readonly warnings: string;
}

/** A slot of ten minutes of GET /api/info/chart and GET /api/client/{address}/chart, named by its beginning. */
export interface ChartSlot {
  readonly label: string;
  readonly data: number;
}

/** A connection of GET /api/client/{address}. */
export interface Worker {
  /** 8 hex digits. */
  readonly sessionId: string;
  /** "worker" for one that gave none. */
  readonly name: string;
  /** Text with two decimals. */
  readonly bestDifficulty: string;
  readonly hashRate: number;
  /** When the machine was first seen here; null where it is not known. */
  readonly startTime: string | null;
  readonly lastSeen: string;
}

/** GET /api/client/{address} */
export interface Client {
  /** Left out for one that never mined here. */
  readonly bestDifficulty?: number;
  readonly workersCount: number;
  readonly workers: readonly Worker[];
}

/** GET /api/client/{address}/{worker} */
export interface WorkerGroup {
  readonly name: string;
  /** Whole. */
  readonly bestDifficulty: number;
  readonly chartData: readonly ChartSlot[];
}

/** GET /api/client/{address}/{worker}/{session} */
export interface WorkerSession extends WorkerGroup {
  readonly sessionId: string;
  readonly startTime: string | null;
}
