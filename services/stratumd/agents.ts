/**
 * What miners call themselves, with counts. Shares are counted by the session; a session that ends leaves its own here.
 *
 * @module
 */
import { UNKNOWN_AGENT, type UserAgentTerms } from "@gopool/stratum";
import { AGENT_NAME_MAX, AGENTS_MAX } from "./limits.ts";
import { addTally, type Tally } from "./tally.ts";
import type { Session } from "./session.ts";

/** One name. */
export interface Agent {
  /** As miners say it, shortened; "" where they say nothing, and for the names beyond the bound. */
  readonly name: string;
  readonly terms: UserAgentTerms;
  /** Now, and since the start. */
  sessions: number;
  sessionsInAll: number;
  /** Of sessions that have ended. */
  readonly ended: Tally;
}

export class Agents {
  readonly #byName = new Map<string, Agent>();
  /** All names beyond the bound. */
  readonly others: Agent = agentOf("", UNKNOWN_AGENT);

  get size(): number {
    return this.#byName.size;
  }

  /** The session says what it is, once or again before it has work. */
  named(session: Session, userAgent: string, terms: UserAgentTerms): void {
    if (session.closed) return;
    const name = userAgent.length > AGENT_NAME_MAX ? shortened(userAgent) : userAgent;
    if (session.named !== null) {
      if (session.named.name === name) return;
      session.named.sessions--;
      session.named.sessionsInAll--;
    }
    const agent = this.#find(name, terms);
    agent.sessions++;
    agent.sessionsInAll++;
    session.named = agent;
  }

  /** The session has ended: what it did stays. */
  left(session: Session): void {
    const { named } = session;
    if (named === null) return;
    named.sessions--;
    addTally(named.ended, session);
  }

  /** Each with all its shares, those of sessions that are there included; most sessions first. */
  totals(sessions: Iterable<Session>): { agent: Agent; tally: Tally }[] {
    const tallies = new Map<Agent, Tally>();
    for (const agent of [...this.#byName.values(), this.others]) {
      const tally: Tally = { accepted: 0, refusals: null };
      addTally(tally, agent.ended);
      tallies.set(agent, tally);
    }
    for (const session of sessions) {
      const sum = session.named === null ? undefined : tallies.get(session.named);
      if (sum !== undefined) addTally(sum, session);
    }
    return [...tallies].map(([agent, tally]) => ({ agent, tally }))
      .filter(({ agent }) => agent.sessionsInAll > 0)
      .sort((a, b) =>
        b.agent.sessions - a.agent.sessions || b.agent.sessionsInAll - a.agent.sessionsInAll
      );
  }

  #find(name: string, terms: UserAgentTerms): Agent {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= AGENTS_MAX && !this.#forgetOne()) return this.others;
    const agent = agentOf(name, terms);
    this.#byName.set(name, agent);
    return agent;
  }

  /** A name that nobody has now makes place: whoever makes names up pushes out none that is in use. */
  #forgetOne(): boolean {
    for (const agent of this.#byName.values()) {
      if (agent.sessions > 0) continue;
      this.#byName.delete(agent.name);
      this.others.sessionsInAll += agent.sessionsInAll;
      addTally(this.others.ended, agent.ended);
      return true;
    }
    return false;
  }
}

function agentOf(name: string, terms: UserAgentTerms): Agent {
  return {
    name,
    terms,
    sessions: 0,
    sessionsInAll: 0,
    ended: { accepted: 0, refusals: null },
  };
}

/** A text of its own: a part of a long one would keep the whole of it. */
function shortened(name: string): string {
  return JSON.parse(JSON.stringify(name.slice(0, AGENT_NAME_MAX).toWellFormed()));
}
