/**
 * One member of a group: joins, keeps its heart beating, takes the share that the group's leader gives it (and works
 * the shares out when it is the leader), joins again when the group changes. Of the classic group protocol, spoken
 * through kafkajs's broker requests; the rebalancing is cooperative (see assignment.ts).
 *
 * @module
 */
import { stopped } from "../delivery.ts";
import { realPause } from "../turn.ts";
import type { Away } from "./away.ts";
import { assign, decodeClaim, encodeClaim } from "./assignment.ts";
import {
  type Broker,
  type Cluster,
  MemberAssignment,
  MemberMetadata,
} from "./kafkajs_internals.ts";
import { answerOf, type Link } from "./link.ts";
import { TopicMadeAgain } from "./topic_identity.ts";

/** A member that has not been heard of for this long is given up by the group, and others get its partitions. */
export const SESSION_MS = 10_000;
/** Longest wait of the group for members to join again. None has to finish its work first, so all come at once. */
const REBALANCE_MS = 10_000;
/** Also how soon a member hears that the group has changed. */
const HEARTBEAT_MS = 500;
/** Pause after the coordinator could not be reached, doubling. */
const AWAY = { firstMs: 100, lastMs: 1_000 } as const;
/** How long leaving may take: a group that is not told finds out by itself after SESSION_MS. */
const LEAVE_MS = 500;
/** How long a position waits to be written before it counts as not written; rebalances are over sooner. */
const COMMIT_WAIT_MS = 15_000;
/** ... once the end has begun: it must not wait for brokers that are away, and a position that is late is no loss. */
const LAST_COMMIT_WAIT_MS = 1_000;

/** Named in the protocol: members of one group must agree on how shares are worked out. */
const ASSIGNER = "gopool-cooperative";

export interface MembershipDeps {
  readonly link: Link;
  readonly groupId: string;
  readonly topicName: string;
  readonly away: Away;
  readonly work: ShareOfWork;
}

/** The partitions that a member has in hand. */
export interface ShareOfWork {
  /** Those at work, and those whose end is awaited. */
  owned(): number[];
  /**
   * Starts what is new in the share and ends what is no longer in it; the promise, where there is one, resolves when
   * that has ended. `fenced`: the group had given this member up meanwhile.
   */
  take(share: readonly number[], fenced: boolean): Promise<void> | undefined;
  /** Whether the position of a partition may still be written. */
  mayCommit(partition: number): boolean;
}

export class Membership {
  readonly #deps: MembershipDeps;
  #memberId = "";
  #generation = -1;
  #fenced = false;
  readonly #ending = new AbortController();
  /** Aborted where the group has to be joined again without waiting for its coordinator to say so. */
  #meetAgain = new AbortController();
  /** The coordinator, while the group is stable; else a promise of it. */
  #stable = Promise.withResolvers<Broker>();
  #isStable = false;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
    this.#stable.promise.catch(() => {});
  }

  /** Stays a member until `signal` aborts, then leaves. Whoever calls has ended the member's work before. */
  async run(signal: AbortSignal): Promise<void> {
    const { link, away } = this.#deps;
    const stop = () => void link.reset();
    // A request to join can wait for others for long.
    signal.addEventListener("abort", stop, { once: true });
    let pauseMs: number = AWAY.firstMs;
    while (!signal.aborted) {
      try {
        await link.use(async (cluster) => {
          const broker = await cluster.findGroupCoordinator({ groupId: this.#deps.groupId });
          while (!signal.aborted) {
            const { rejoin } = await this.#join(broker, cluster);
            pauseMs = AWAY.firstMs;
            away.back(this);
            await this.#stay(broker, rejoin, signal);
            this.#unsettle();
          }
        });
      } catch (error) {
        this.#unsettle();
        if (signal.aborted) break;
        if (this.#isAnswer(error)) continue;
        if (error instanceof TopicMadeAgain) {
          // The reader's partitions are told; here it is left to the group to do without this member.
          this.#stable.reject(error);
          await stopped(signal);
          break;
        }
        if (!isStarting(error) || pauseMs === AWAY.lastMs) away.gone(this, error);
        await realPause(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, AWAY.lastMs);
      }
    }
    signal.removeEventListener("abort", stop);
    await this.#leave();
    this.#stable.reject(new Error("The group was left"));
    await link.close();
  }

  /** From now on positions that cannot be written are soon given up. */
  beginEnd(): void {
    this.#ending.abort();
  }

  /**
   * Writes positions, as soon as the group is settled.
   *
   * @throws Where the brokers cannot be reached, or the group has given this member up.
   */
  async commit(positions: ReadonlyMap<number, number>): Promise<void> {
    const { groupId, topicName, link, work } = this.#deps;
    const untilMs = performance.now() + COMMIT_WAIT_MS;
    for (;;) {
      const coordinator = await this.#inTime(this.#stable.promise);
      const partitions = [...positions].filter(([partition]) => work.mayCommit(partition))
        .map(([partition, next]) => ({ partition, offset: String(next) }));
      if (partitions.length === 0) return;
      // A position in the old topic must not become one in the new.
      link.throwIfMadeAgain();
      try {
        await this.#inTime(coordinator.offsetCommit({
          groupId,
          groupGenerationId: this.#generation,
          memberId: this.#memberId,
          topics: [{ topic: topicName, partitions }],
        }));
        return;
      } catch (error) {
        if (answerOf(error) === undefined) await link.reset();
        // The group has changed: once this member is back in it, it is seen whether the position is still its own.
        const isLate = performance.now() > untilMs || this.#ending.signal.aborted;
        if (isLate || !this.#isAnswer(error)) throw error;
        this.#unsettle();
        this.#meetAgain.abort();
      }
    }
  }

  /** The group's position of a partition; null where it has none. */
  async position(partition: number): Promise<number | null> {
    const { groupId, topicName } = this.#deps;
    const coordinator = await this.#inTime(this.#stable.promise);
    const { responses } = await coordinator.offsetFetch({
      groupId,
      topics: [{ topic: topicName, partitions: [{ partition }] }],
    });
    const offset = Number(responses[0]?.partitions[0]?.offset);
    return offset >= 0 ? offset : null;
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const enough = new AbortController();
    try {
      return await Promise.race([
        answer,
        this.#patience(enough.signal).then(() => {
          throw new Error("The group's coordinator does not answer");
        }),
      ]);
    } finally {
      enough.abort();
    }
  }

  async #patience(enough: AbortSignal): Promise<void> {
    await realPause(COMMIT_WAIT_MS, AbortSignal.any([enough, this.#ending.signal]));
    if (this.#ending.signal.aborted) await realPause(LAST_COMMIT_WAIT_MS, enough);
  }

  /** Gives a promise where work has to end before everybody can have a share: then the group meets again. */
  async #join(broker: Broker, cluster: Cluster): Promise<{ rejoin: Promise<void> | undefined }> {
    const { groupId, topicName, work } = this.#deps;
    // Who was given up claims only so that nobody else begins before it has ended: the group owes it nothing.
    const generation = this.#fenced ? -1 : this.#generation;
    const userData = encodeClaim({ owned: work.owned(), generation });
    const joined = await broker.joinGroup({
      groupId,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      memberId: this.#memberId,
      groupProtocols: [{
        name: ASSIGNER,
        metadata: MemberMetadata.encode({ version: 0, topics: [topicName], userData }),
      }],
    });
    this.#memberId = joined.memberId;
    const { generationId } = joined;
    let groupAssignment: { memberId: string; memberAssignment: Uint8Array }[] = [];
    if (joined.leaderId === joined.memberId) {
      const claims = joined.members.map(({ memberId, memberMetadata }) =>
        decodeClaim(memberId, MemberMetadata.decode(memberMetadata).userData)
      );
      const count = cluster.findTopicPartitionMetadata(topicName).length;
      groupAssignment = [...assign(count, claims)].map(([memberId, share]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: { [topicName]: share },
        }),
      }));
    }
    const { memberId } = joined;
    const { memberAssignment } = await broker.syncGroup({
      groupId,
      generationId,
      memberId,
      groupAssignment,
    });
    const share = MemberAssignment.decode(memberAssignment)?.assignment[topicName] ?? [];
    this.#generation = generationId;
    this.#stable.resolve(broker);
    this.#isStable = true;
    const rejoin = work.take(share, this.#fenced);
    this.#fenced = false;
    return { rejoin };
  }

  /** Returns when the group has to meet again because of this member; throws when because of another. */
  async #stay(broker: Broker, rejoin: Promise<void> | undefined, signal: AbortSignal) {
    const { groupId } = this.#deps;
    const again = this.#meetAgain = new AbortController();
    rejoin?.then(() => again.abort());
    const either = AbortSignal.any([signal, again.signal]);
    for (;;) {
      await realPause(HEARTBEAT_MS, either);
      if (either.aborted) return;
      await broker.heartbeat({
        groupId,
        groupGenerationId: this.#generation,
        memberId: this.#memberId,
      });
    }
  }

  /** Whether the error only says that the group has changed; then it is joined again at once. */
  #isAnswer(error: unknown): boolean {
    switch (answerOf(error)) {
      case "REBALANCE_IN_PROGRESS":
        return true;
      case "UNKNOWN_MEMBER_ID":
        this.#memberId = "";
        this.#fenced = true;
        return true;
      case "ILLEGAL_GENERATION":
        this.#fenced = true;
        return true;
      default:
        return false;
    }
  }

  async #leave(): Promise<void> {
    const { link, groupId } = this.#deps;
    if (this.#memberId === "") return;
    const leaving = link.use(async (cluster) => {
      const broker = await cluster.findGroupCoordinator({ groupId });
      await broker.leaveGroup({ groupId, memberId: this.#memberId });
    });
    const enough = new AbortController();
    await Promise.race([leaving.catch(() => {}), realPause(LEAVE_MS, enough.signal)]);
    enough.abort();
  }

  #unsettle(): void {
    if (!this.#isStable) return;
    this.#isStable = false;
    this.#stable = Promise.withResolvers();
    this.#stable.promise.catch(() => {});
  }
}

/** A coordinator that is just being made, moved or loaded is no trouble yet. */
function isStarting(error: unknown): boolean {
  const answer = answerOf(error);
  // Under this name kafkajs hides why a broker does not know the coordinator: a first group's is made only now.
  if (error instanceof Error && error.name === "KafkaJSGroupCoordinatorNotFound") return true;
  return answer === "GROUP_COORDINATOR_NOT_AVAILABLE" || answer === "GROUP_LOAD_IN_PROGRESS" ||
    answer === "NOT_COORDINATOR_FOR_GROUP";
}
