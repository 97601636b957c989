/**
 * How many records a topic has, and how many of them a reader counts.
 *
 * @module
 */
import { type Bus, shareRejected, shareStale, shareValid, type Topic } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { decodeJudged, type Position, ruleOn, startOf } from "@gopool/shares";

export interface Count {
  readonly topic: string;
  /** Records that can still be read. */
  readonly records: number;
  /** share.valid: applied by the chain rule. share.rejected, share.stale: by source. block.*: by hash. Else: all. */
  readonly distinct: number;
  /** share.valid only: records after a gap or a fault that the rule does not let a reader apply. */
  readonly withheld: number;
  /** In sentences, what stopped the count of a partition. */
  readonly troubles: readonly string[];
}

/** Reads the whole topic as it stands now. */
export async function countTopic(
  bus: Bus,
  topic: Topic,
  { json }: { readonly json?: boolean },
  print: (line: string) => void,
): Promise<void> {
  const count = await counted(bus, topic);
  if (json) return print(JSON.stringify(count));
  print(`${count.topic}: ${count.records} records, ${count.distinct} distinct`);
  for (const trouble of count.troubles) print(`  ${trouble}`);
}

export async function counted(bus: Bus, topic: Topic): Promise<Count> {
  let records = 0, distinct = 0, withheld = 0;
  const troubles: string[] = [];
  const logId = await bus.logId();
  for (const { partition, earliest } of await bus.ends(topic)) {
    const counter = counterFor(topic, logId, earliest > 0);
    for await (const { messages } of bus.read(topic, partition, earliest)) {
      for (const message of messages) {
        records++;
        const problem = counter.take(message);
        if (problem !== undefined) {
          troubles.push(`${topic.name}/${partition} offset ${message.offset}: ${problem}`);
        }
      }
    }
    distinct += counter.distinct;
    withheld += counter.withheld;
  }
  return { topic: topic.name, records, distinct, withheld, troubles: troubles.slice(0, 20) };
}

interface Counter {
  distinct: number;
  withheld: number;
  take(message: { readonly key: Uint8Array; readonly value: Uint8Array }): string | undefined;
}

function counterFor(topic: Topic, logId: string, headIsGone: boolean): Counter {
  if (topic === shareValid) return chainCounter(logId, headIsGone);
  if (topic === shareRejected || topic === shareStale) return sourceCounter();
  return topic.name.startsWith("block.") ? keyCounter() : everyCounter();
}

/**
 * By the chain rule, as payoutd counts. A log's epoch may follow its id, so the first record tells the name. Where
 * retention has taken the head of the topic, the count begins at the first share that is left.
 */
function chainCounter(logId: string, headIsGone: boolean): Counter {
  let at: Position | undefined;
  return {
    distinct: 0,
    withheld: 0,
    take({ value }) {
      const share = decodeJudged(value);
      if (share.mark) return undefined;
      at ??= {
        ...startOf(share.logId.startsWith(logId) ? share.logId : logId),
        ...(headIsGone ? { offset: share.previousValidOffset } : {}),
      };
      const ruling = ruleOn(at, share);
      switch (ruling.kind) {
        case "apply":
          at = ruling.position;
          this.distinct++;
          return undefined;
        case "drop":
          return undefined;
        case "gap":
          this.withheld++;
          return `gap: valid shares between ${ruling.from} and ${ruling.to} were never seen`;
        case "fault":
          this.withheld++;
          return ruling.problem;
      }
    },
  };
}

/** By the submission's place: what was published again counts once. */
function sourceCounter(): Counter {
  const seen = new Set<string>();
  return {
    distinct: 0,
    withheld: 0,
    take({ value }) {
      const { logId, sourceOffset } = decodeJudged(value);
      seen.add(`${logId}/${sourceOffset}`);
      this.distinct = seen.size;
      return undefined;
    },
  };
}

function keyCounter(): Counter {
  const seen = new Set<string>();
  return {
    distinct: 0,
    withheld: 0,
    take({ key }) {
      seen.add(toHex(key));
      this.distinct = seen.size;
      return undefined;
    },
  };
}

function everyCounter(): Counter {
  return {
    distinct: 0,
    withheld: 0,
    take() {
      this.distinct++;
      return undefined;
    },
  };
}
