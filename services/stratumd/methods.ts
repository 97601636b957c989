/**
 * What a miner may ask, except for shares: each method reads its params, changes the session, answers. A message
 * without an id is acted on and never answered: the miner would take the answer for another one's.
 *
 * @module
 */
import { AddressError, EXTRANONCE2_BYTES, type Network, paysAccount } from "@gopool/chain";
import { Reason } from "@gopool/proto";
import {
  classifyUserAgent,
  configureResult,
  errorLine,
  grantedMask,
  type Json,
  methodOf,
  type ParsedMessage,
  parseSubmit,
  passwordOptions,
  readAuthorize,
  readConfigure,
  readGetTransactions,
  readSubscribe,
  readSuggestDifficulty,
  readSuggestTarget,
  resultLine,
  setVersionMaskLine,
  SubmitLine,
  subscribeResultLine,
} from "@gopool/stratum";
import type { Agents } from "./agents.ts";
import type { BanIndex } from "./ban_index.ts";
import type { Payee } from "./jobs.ts";
import { WORKERS_PER_SESSION_MAX } from "./limits.ts";
import { Payees } from "./payees.ts";
import { Resuming, type ResumingDeps } from "./resuming.ts";
import type { Session } from "./session.ts";
import type { Intake } from "./submit.ts";
import { refusal } from "./taken.ts";
import { countRefused } from "./tally.ts";

const utf8 = new TextDecoder();

/** The codes of stratum-wire 2.6 that are not about a share. */
const OTHER = 20;
const UNAUTHORIZED = 24;

type Request = Extract<ParsedMessage, { kind: "request" | "notification" }>;

export interface MethodsDeps extends ResumingDeps {
  readonly intake: Intake;
  readonly agents: Agents;
  readonly bans: Pick<BanIndex, "ofAccount">;
  readonly variant: string;
  /** Whether workers begin at the level they last had. */
  readonly levels: boolean;
  /** The session has its id and extranonce now. */
  readonly subscribed: (session: Session) => void;
  /** The session may be ready for its first job. */
  readonly ready: (session: Session) => void;
}

export class Methods {
  readonly #line = new SubmitLine();
  readonly #payees = new Payees();
  readonly #resuming: Resuming;
  /** Usernames refused because their address is banned, since the start. */
  bannedUsernames = 0;

  constructor(private readonly deps: MethodsDeps) {
    this.#resuming = new Resuming(deps);
  }

  /**
   * Acts on a request. A promise only where the answer has to be waited for; nothing further of this session may be
   * handled before it resolves.
   */
  handle(session: Session, request: Request, startedMs: number): Promise<void> | undefined {
    switch (methodOf(request.method)) {
      case "mining.submit":
        return void this.#submit(session, request, startedMs);
      case "mining.subscribe":
        return this.#subscribe(session, request);
      case "mining.authorize":
        return this.#authorize(session, request);
      case "mining.configure":
        return void this.#configure(session, request);
      case "mining.suggest_difficulty":
        return void this.#suggest(
          session,
          request,
          readSuggestDifficulty(request.params, request.method),
        );
      case "mining.suggest_target":
        return void this.#suggest(session, request, readSuggestTarget(request.params));
      case "mining.extranonce.subscribe":
        session.wantsExtranonce = true;
        return void this.#result(session, request, true);
      case "mining.get_transactions":
        return void this.#transactions(session, request);
      case "mining.ping":
        return void this.#result(session, request, "pong");
      case "mining.pong":
        return;
      default:
        return void this.#error(session, request, OTHER, "Unknown method");
    }
  }

  #submit(session: Session, request: Request, startedMs: number): void {
    if (!session.isSubscribed) return this.#refuse(session, request, Reason.NOT_SUBSCRIBED);
    const read = parseSubmit(request.params, this.#line);
    if (read.ok) {
      this.deps.intake.take(session, read.value, request.rawId, startedMs);
      return;
    }
    this.#error(session, request, OTHER, read.problem);
    const [name] = request.params;
    const worker = typeof name === "string" ? session.worker(name) : null;
    this.deps.intake.malformed(session, worker, startedMs);
  }

  async #subscribe(session: Session, request: Request): Promise<void> {
    const read = readSubscribe(request.params);
    if (!read.ok) return this.#error(session, request, OTHER, read.problem);
    const { userAgent, sessionId } = read.value;
    // Once there is work the name stays: the coinbase that was sent depends on it.
    if (session.vardiff === null) {
      if (userAgent !== "") session.agent = classifyUserAgent(userAgent);
      if (userAgent !== "" || session.named === null) {
        this.deps.agents.named(session, userAgent, session.agent);
      }
    }
    if (!session.isSubscribed) {
      const refused = await this.#resuming.identify(session, sessionId);
      if (session.closed) return;
      if (refused !== null) {
        this.#error(session, request, OTHER, refused);
        this.deps.drop(session, refused);
        return;
      }
      this.deps.subscribed(session);
    }
    if (request.kind === "request") {
      session.reply(utf8.decode(subscribeResultLine(request.rawId, {
        sessionId: session.sessionId,
        extranonce1: session.extranonce!.extranonce1,
        extranonce2Size: EXTRANONCE2_BYTES,
      })));
    }
    this.deps.ready(session);
  }

  #authorize(session: Session, request: Request): Promise<void> | undefined {
    const read = readAuthorize(request.params);
    if (!read.ok) return void this.#error(session, request, UNAUTHORIZED, read.problem);
    const { username, address, worker, password } = read.value;
    const job = this.deps.jobs.current;
    if (job === null) {
      return void this.#error(session, request, UNAUTHORIZED, "No work yet, try again");
    }
    let payee: Payee;
    try {
      payee = this.#payees.find(address, job.job.network as Network);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      return void this.#error(session, request, UNAUTHORIZED, error.message);
    }
    const { account, script } = payee;
    const ban = this.deps.bans.ofAccount(account);
    if (ban !== null) {
      this.bannedUsernames++;
      const until = new Date(ban.untilMs).toISOString();
      const text = `This address is banned until ${until}: ${ban.reason}`;
      return void this.#error(session, request, UNAUTHORIZED, text);
    }
    const first = session.firstWorker;
    const isOwn = paysAccount(job.recipe(this.deps.variant));
    if (isOwn && first !== null && first.account !== account) {
      return void this.#error(
        session,
        request,
        UNAUTHORIZED,
        "This connection's coinbase pays another address: use one connection for each address",
      );
    }
    if (session.workerCount >= WORKERS_PER_SESSION_MAX && session.worker(username) === null) {
      return void this.#error(
        session,
        request,
        UNAUTHORIZED,
        "Too many workers on this connection",
      );
    }
    session.addWorker(username, { account, script, worker });
    const options = passwordOptions(password);
    if (options.difficulty !== undefined) (session.wishes ??= {}).held = options.difficulty;
    if (options.minimumDifficulty !== undefined) {
      (session.wishes ??= {}).minimum = options.minimumDifficulty;
    }
    this.#result(session, request, true);
    if (first === null && this.#wantsLevel(session)) return this.#recallLevel(session);
    this.deps.ready(session);
  }

  /** Whether it makes a difference what level the worker last had. */
  #wantsLevel({ vardiff, wishes, pastDifficulty }: Session): boolean {
    return this.deps.levels && vardiff === null && pastDifficulty === 0 &&
      wishes?.held === undefined && wishes?.suggested === undefined;
  }

  /** The answer is on its way already; only the first job waits, a moment, for the level to begin at. */
  async #recallLevel(session: Session): Promise<void> {
    const { account, worker } = session.firstWorker!;
    session.recalling = true;
    try {
      const level = await this.deps.recall.level(account, worker, session.agent.name);
      if (level !== null && session.pastDifficulty === 0) session.pastDifficulty = level;
    } finally {
      session.recalling = false;
    }
    if (!session.closed) this.deps.ready(session);
  }

  #configure(session: Session, request: Request): void {
    const read = readConfigure(request.params);
    if (!read.ok) return this.#error(session, request, OTHER, read.problem);
    const asked = read.value;
    const mask = grantedMask(this.deps.versionMask, asked);
    if (asked.versionRolling !== undefined) session.versionMask = mask;
    if (asked.minimumDifficulty !== undefined) {
      (session.wishes ??= {}).minimum = asked.minimumDifficulty;
    }
    if (asked.subscribeExtranonce) session.wantsExtranonce = true;
    this.#result(
      session,
      request,
      configureResult(asked, {
        versionMask: mask,
        minimumDifficulty: true,
        subscribeExtranonce: true,
      }),
    );
    if (asked.versionRolling !== undefined && mask !== 0 && session.vardiff !== null) {
      session.send(utf8.decode(setVersionMaskLine(mask)));
    }
  }

  /** A suggestion is where to start, or to start again: vardiff goes on from there. */
  #suggest(
    session: Session,
    request: Request,
    read: ReturnType<typeof readSuggestDifficulty>,
  ): void {
    if (!read.ok) return this.#error(session, request, OTHER, read.problem);
    (session.wishes ??= {}).suggested = read.value;
    session.vardiff?.suggest(read.value);
    this.#result(session, request, true);
  }

  /** The gateway knows a job's branch, not its transactions: an empty list, as most pools answer. */
  #transactions(session: Session, request: Request): void {
    const read = readGetTransactions(request.params);
    if (!read.ok) return this.#error(session, request, OTHER, read.problem);
    if (this.deps.jobs.get(read.value) === undefined) {
      return this.#error(session, request, 21, "Job not found");
    }
    this.#result(session, request, []);
  }

  #result(session: Session, request: Request, result: Json): void {
    if (request.kind === "notification") return;
    session.reply(utf8.decode(resultLine(request.rawId, result)));
  }

  #error(session: Session, request: Request, code: number, text: string): void {
    if (request.kind === "notification") return;
    session.reply(utf8.decode(errorLine(request.rawId, code, text)));
  }

  #refuse(session: Session, request: Request, reason: Reason): void {
    countRefused(session, reason);
    if (request.kind === "request") session.reply(refusal(request.rawId, reason));
  }
}
