/**
 * The pool as processes, for tests from end to end: each service under its own permissions, against the servers that
 * are named, on ports and folders of its own.
 *
 * @module
 */
import { declareNewState } from "@gopool/state";
import { systemClock } from "@gopool/runtime";
import { freePort, tempDir } from "@gopool/testing";
import {
  Member,
  processArguments,
  processEnv,
  type ServiceName,
  type Variables,
} from "./member.ts";

export interface ClusterOptions {
  /** Brokers: `kafka://127.0.0.1:PORT,127.0.0.1:PORT`, or `127.0.0.1:PORT`. */
  readonly kafka: string;
  /** `redis://127.0.0.1:PORT`. */
  readonly redis: string;
  readonly nodeUrl: string;
  /** Migrated books, as GOPOOL_LEDGER_URL takes it; without them there is no payoutd and no apiserver. */
  readonly ledger?: string;
  /** How many of each; default two gateways, two judges, one of jobmanager and blocksubmit, none of the others. */
  readonly count?: Partial<Record<ServiceName, number>>;
  /** For every process, beside those that make a pool of its own. */
  readonly variables?: Variables;
  /** Candidates and blocks go by calls, too, where the bus does not confirm them in time. */
  readonly secondRoad?: boolean;
}

export interface Cluster extends AsyncDisposable {
  /** Where miners connect: the gateways share it. */
  readonly stratumPort: number;
  /** Where the public asks: of one apiserver. */
  readonly apiPort: number;
  readonly busUrl: string;
  readonly stateUrl: string;
  /** Stands before the names of its topics. */
  readonly topicPrefix: string;
  /** All that were started, in order, also those that have ended. */
  readonly members: readonly Member[];
  /** Those of a kind that run. */
  of(service: ServiceName): Member[];
  /** One more of a kind, started and ready. `file` is a test's, in place of its main.ts. */
  add(service: ServiceName, file?: string): Promise<Member>;
  /** Runs the topics tool. @throws With what it printed, where it fails. */
  topics(...args: string[]): Promise<string>;
  /** The last lines of all, for a failing test. */
  log(): string;
}

/** An address of the regtest network that nobody has the key of. */
const POOL_ADDRESS = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4";

const COUNTS: Readonly<Record<ServiceName, number>> = {
  jobmanager: 1,
  blocksubmit: 1,
  payoutd: 0,
  statsd: 0,
  apiserver: 0,
  shareproc: 2,
  stratumd: 2,
};

/** Makes the topics, starts every process and waits until all are ready. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const open = new AsyncDisposableStack();
  const folder = open.use(await tempDir());
  const stratumPort = freePort();
  const apiPort = freePort();
  // A name that no other test has, on servers that all share.
  const prefix = `cluster-${crypto.randomUUID().slice(0, 8)}`;
  const brokers = options.kafka.replace(/^kafka:\/\//, "");
  const busUrl = `kafka://${brokers}?prefix=${prefix}.`;
  const stateUrl = `${options.redis}?prefix=${prefix}:`;
  const common: Variables = {
    GOPOOL_BUS_URL: busUrl,
    GOPOOL_STATE_URL: stateUrl,
    GOPOOL_NODE_URL: options.nodeUrl,
    GOPOOL_POOL_ADDRESS: POOL_ADDRESS,
    GOPOOL_LOG_FORMAT: "text",
    GOPOOL_CONTROL_TOKENS: `tests:read+operate+money+settings:${crypto.randomUUID()}`,
    ...(options.secondRoad ? { GOPOOL_INTERNAL_TOKEN: crypto.randomUUID() } : {}),
    ...options.variables,
  };
  const members: Member[] = [];
  /** Control addresses of those that were launched, by their kind. */
  const addresses = new Map<ServiceName, string[]>();

  /** Whom the second road of a service leads to: those that were launched before it. */
  function roadOf(service: ServiceName): Variables {
    if (!options.secondRoad) return {};
    const to = (next: ServiceName) => (addresses.get(next) ?? []).join(",");
    if (service === "stratumd") return { GOPOOL_ROAD_SHAREPROC: to("shareproc") };
    if (service === "shareproc") return { GOPOOL_ROAD_BLOCKSUBMIT: to("blocksubmit") };
    return {};
  }

  /** A file that the two share, as on one machine. */
  const series = { GOPOOL_SERIES_URL: `sqlite:${folder.join("series.db")}` };
  const publicApi = {
    GOPOOL_API_LISTEN: `127.0.0.1:${apiPort}`,
    GOPOOL_API_NETWORK: "regtest",
    GOPOOL_API_PAGE: folder.join("page"),
  };

  async function launch(service: ServiceName, file?: string): Promise<Member> {
    const number = members.filter((member) => member.service === service).length + 1;
    const healthPort = freePort();
    const controlPort = freePort();
    addresses.set(service, [
      ...addresses.get(service) ?? [],
      `http://127.0.0.1:${controlPort}`,
    ]);
    const variables = {
      ...common,
      ...roadOf(service),
      GOPOOL_HEALTH_LISTEN: `127.0.0.1:${healthPort}`,
      GOPOOL_CONTROL_LISTEN: `127.0.0.1:${controlPort}`,
      ...(service === "stratumd" ? gateway(number) : {}),
      ...(service === "payoutd" || service === "apiserver"
        ? { GOPOOL_LEDGER_URL: options.ledger! }
        : {}),
      ...(service === "statsd" || service === "apiserver" ? series : {}),
      ...(service === "apiserver" ? publicApi : {}),
    };
    const member = open.use(
      new Member(service, `${service} ${number}`, healthPort, variables, file),
    );
    members.push(member);
    await member.start();
    return member;
  }
  function gateway(number: number): Variables {
    return {
      GOPOOL_STRATUM_LISTEN: `127.0.0.1:${stratumPort}`,
      GOPOOL_STRATUM_REUSE_PORT: "on",
      GOPOOL_STRATUMD_NAME: `gateway-${number}`,
      GOPOOL_DATA_DIR: folder.join(`gateway-${number}`),
      GOPOOL_STRATUM_VARDIFF: "off",
      // 2^-32: every hash is a share.
      GOPOOL_STRATUM_START_DIFFICULTY: String(2 ** -32),
      ...options.variables,
    };
  }
  async function topics(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...processArguments("topics", common), ...args],
      env: processEnv(common),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(`topics ${args.join(" ")}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  }

  const cluster: Cluster = {
    stratumPort,
    apiPort,
    busUrl,
    stateUrl,
    topicPrefix: `${prefix}.`,
    members,
    of: (service) => members.filter((one) => one.service === service && one.isRunning),
    async add(service, file) {
      const member = await launch(service, file);
      await member.ready();
      return member;
    },
    topics,
    log: () => members.map((member) => member.log).join("\n"),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
  try {
    await topics("create");
    await declareNewState(stateUrl, { clock: systemClock });
    const wanted = Object.entries({ ...COUNTS, ...options.count }) as [ServiceName, number][];
    const names = wanted.flatMap(([service, count]) => Array<ServiceName>(count).fill(service));
    for (const service of names) await launch(service);
    await Promise.all(members.map((member) => member.ready()));
    return cluster;
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}
