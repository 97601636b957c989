/**
 * Where the faults happen: a pool of processes on servers of its own, miners at work, and the books that must be right
 * after each fault.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Bus, openBus } from "@gopool/bus";
import { targetFromBits } from "@gopool/chain";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { type PostgresServer, startPostgres } from "@gopool/testing/servers";
import { type Cluster, type ClusterOptions, startCluster } from "../../e2e/cluster.ts";
import { type NodeProcess, startNodeProcess } from "../../e2e/node_process.ts";
import { SteadyMiners } from "../../e2e/steady_miners.ts";
import { type KafkaJars, type KafkaServer, startKafka } from "../../real/kafka.ts";
import { type RedisServer, startRedis } from "../../real/redis.ts";
import { compare, countedShares, owedBlocks, unjudged, unknownBlocks } from "../books.ts";
import { Answers } from "../ledger_of_answers.ts";

/** About one hash in 16,384 is a block: rare among shares, found in milliseconds when one is wanted. */
export const NETWORK_BITS = 0x1f03ffff;
const NETWORK_TARGET = targetFromBits(NETWORK_BITS);
const SHARES_PER_SECOND = 600;
/** Shares that flow before a fault, and after it until the pool counts as recovered. */
const FLOW = 1_000;
/** A machine under load takes its time, a group of readers its session. */
const RECOVERED_WITHIN_MS = 120_000;

export interface GroundOptions {
  readonly jars: KafkaJars;
  readonly redis: string;
  readonly brokers?: 1 | 3;
  readonly count?: ClusterOptions["count"];
  readonly variables?: ClusterOptions["variables"];
  readonly secondRoad?: boolean;
}

/** What came of one fault. */
export interface Row {
  readonly fault: string;
  readonly seconds: number;
  /** Longest time without an accepted share. */
  readonly gapMs: number;
  readonly submitted: number;
  readonly told: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly doubled: number;
  readonly untold: number;
  readonly blocks: number;
  /** Shares since the beginning: in the ledger as the reference reader counts them. */
  readonly inLedger: number;
}

export class Ground implements AsyncDisposable {
  readonly rows: Row[] = [];
  readonly answers = new Answers(NETWORK_TARGET);

  private constructor(
    readonly kafka: KafkaServer,
    readonly redis: RedisServer,
    readonly postgres: PostgresServer,
    readonly ledger: FreshLedger,
    readonly node: NodeProcess,
    readonly cluster: Cluster,
    readonly bus: Bus,
    private readonly owned: AsyncDisposableStack,
  ) {}

  static async open({ jars, redis: binary, brokers = 1, ...options }: GroundOptions) {
    await using open = new AsyncDisposableStack();
    const kafka = open.use(await startKafka(jars, { brokers }));
    const redis = open.use(await startRedis(binary, { aof: true }));
    const postgres = open.use(await startPostgres());
    const ledger = open.use(await freshLedger({ server: postgres.url }));
    const node = open.use(await startNodeProcess(NETWORK_BITS));
    const cluster = open.use(
      await startCluster({
        kafka: kafka.bootstrap,
        redis: redis.url,
        nodeUrl: node.url,
        ledger: ledger.url,
        count: { payoutd: 1, ...options.count },
        ...(options.secondRoad ? { secondRoad: true } : {}),
        variables: {
          GOPOOL_KAFKA_REPLICATION: String(brokers),
          ...options.variables,
        },
      }),
    );
    const bus = open.use(await openBus(cluster.busUrl, { clock: systemClock }));
    return new Ground(kafka, redis, postgres, ledger, node, cluster, bus, open.move());
  }

  /** Miners at work, who note what they are told in the same books. */
  miners(): SteadyMiners {
    return new SteadyMiners({
      port: this.cluster.stratumPort,
      networkTarget: NETWORK_TARGET,
      answers: this.answers,
      sharesPerSecond: SHARES_PER_SECOND,
    });
  }

  /**
   * Lets the miners work, lets the fault happen, waits until work goes on, and compares the books with what the miners
   * were told since the beginning.
   */
  async under(fault: string, happen: (miners: SteadyMiners) => Promise<void>): Promise<Row> {
    const { answers, cluster } = this;
    const before = this.#state([]);
    const startedMs = performance.now();
    await using miners = this.miners();
    try {
      await this.flows("before the fault");
      const gap = new Gap(() => miners.accepted);
      await happen(miners);
      await this.flows("after the fault");
      const gapMs = gap.end();
      await miners.stop();
      const judged = () => unjudged(this.bus).then((count) => count === 0, () => false);
      await waitFor(judged, "all shares to be judged", { deadlineMs: RECOVERED_WITHIN_MS });
      const shares = await countedShares(this.bus);
      const valid = shares.map(({ hash }) => hash);
      const { lost, doubled, strange, mute } = compare(answers.all(), valid);
      assertEquals({ lost, doubled, strange, mute }, {
        lost: [],
        doubled: [],
        strange: [],
        mute: [],
      });
      const work = shares.reduce((sum, share) => sum + share.work, 0n);
      await this.#ledgerHas(shares.length, work);
      const owed = owedBlocks(answers.all(), valid);
      const allThere = () =>
        unknownBlocks(this.node.url, owed).then((missing) => missing.length === 0, () => false);
      await waitFor(allThere, "every block to reach the node", { deadlineMs: RECOVERED_WITHIN_MS });
      const after = this.#state(valid);
      const row: Row = {
        fault,
        seconds: (performance.now() - startedMs) / 1000,
        gapMs,
        submitted: after.submitted - before.submitted,
        told: difference(after.told, before.told),
        reasons: difference(after.reasons, before.reasons),
        lost: lost.length,
        doubled: doubled.length,
        untold: after.untold,
        blocks: owed.length,
        inLedger: shares.length,
      };
      this.rows.push(row);
      return row;
    } catch (error) {
      throw new Error(`${fault}: ${(error as Error).message}\n${cluster.log()}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.owned.disposeAsync();
  }

  /** The reference reader and the ledger agree. */
  async #ledgerHas(shares: number, work: bigint): Promise<void> {
    const inBooks = async () => {
      const [row] = await this.ledger.ask<{ shares: bigint; work: bigint }>(
        "SELECT coalesce(sum(shares), 0)::bigint AS shares, coalesce(sum(work), 0) AS work FROM slice_minute",
      );
      return row!;
    };
    const there = () => inBooks().then((row) => Number(row.shares) >= shares, () => false);
    await waitFor(there, `${shares} shares in the ledger`, { deadlineMs: RECOVERED_WITHIN_MS })
      .catch(async (error) => {
        throw new Error(`${error.message}: it has ${(await inBooks()).shares}`);
      });
    assertEquals(await inBooks(), { shares: BigInt(shares), work }, "what the ledger has counted");
  }

  #state(valid: readonly string[]) {
    return compare(this.answers.all(), valid);
  }

  /** Waits until so many more shares have been accepted that work can be said to go on. */
  async flows(when: string): Promise<void> {
    const from = this.answers.count("true");
    const flowing = () => this.answers.count("true") >= from + FLOW;
    await waitFor(flowing, `${FLOW} accepted shares ${when}`, { deadlineMs: RECOVERED_WITHIN_MS });
  }
}

/** Watches for the longest time in which a count did not grow. */
class Gap {
  #last = 0;
  #sinceMs = performance.now();
  #longestMs = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly count: () => number) {
    this.#timer = setInterval(() => this.#look(), 20);
  }

  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return Math.round(this.#longestMs);
  }

  #look(): void {
    const count = this.count(), now = performance.now();
    if (count !== this.#last) {
      this.#last = count;
      this.#sinceMs = now;
    }
    this.#longestMs = Math.max(this.#longestMs, now - this.#sinceMs);
  }
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  const entries = Object.entries(after).map(([name, count]) =>
    [name, count - (before[name] ?? 0)] as const
  );
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** The rows as a table for people. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) =>
    [
      row.fault,
      row.submitted,
      row.told.true ?? 0,
      Object.entries(row.reasons).map(([reason, count]) => `${count} ${reason}`).join("; "),
      row.told.unknown ?? 0,
      row.told.none ?? 0,
      row.lost,
      row.doubled,
      `${(row.gapMs / 1000).toFixed(1)} s`,
      row.blocks,
      row.inLedger,
    ].join(" | ")
  );
  const head =
    "fault | submitted | true | refused | unknown | no answer | lost | doubled | longest gap | blocks so far | in the ledger so far";
  return [head, ...cells].join("\n");
}
