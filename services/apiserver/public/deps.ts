/** What the public answers may touch, and what they throw. @module */
import type { Network } from "@gopool/chain";
import type { Clock, Logger } from "@gopool/runtime";
import type { SeriesReader } from "@gopool/series";
import type { BooksReader, Finders } from "../books/mod.ts";
import type { Live } from "../live.ts";
import { Parts } from "./parts.ts";

export interface PublicSettings {
  /** The pool's name, for people. */
  readonly pool: string;
  /** Where miners connect, as "stratum+tcp://pool.example:3333"; empty: the operator says. */
  readonly stratumUrls: readonly string[];
  /** How finders and top miners are shown to everybody. */
  readonly finders: Finders;
  /** Blocks until a coinbase can be spent, where payoutd has not said. */
  readonly maturity: number;
}

/** Live figures; nothing else feeds a stream. */
export type LiveFigures = Pick<Live, "latest" | "isStale" | "watchPool" | "watchAccount">;

export interface PublicDeps {
  readonly series: SeriesReader;
  readonly live: LiveFigures;
  readonly books: BooksReader;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly network: Network;
  readonly settings: PublicSettings;
}

/** For one answer. */
export function partsOf({ log }: PublicDeps): Parts {
  return new Parts((part, error) => log.debug("a part of an answer is away", { part, error }));
}

/** Who is asked about never mined here. The message is a sentence. */
export class NotSeen extends Error {
  override name = "NotSeen";
}
