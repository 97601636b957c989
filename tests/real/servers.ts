/**
 * The test task: one Kafka broker, one PostgreSQL and one Redis for the whole suite, then `deno test` with the arguments given here.
 * Ends as the tests end.
 *
 * A server that is named by its variable is taken as it is; one that this machine cannot have is told in a sentence, and
 * the tests that need it are skipped. With CI=true that is an error.
 *
 * @module
 */
import {
  absence,
  type Absent,
  KAFKA_VARIABLE,
  onCi,
  POSTGRES_VARIABLE,
  REDIS_VARIABLE,
  sharedKafka,
  sharedPostgres,
  sharedRedis,
  type Started,
} from "@gopool/testing/servers";

interface Shared {
  readonly name: string;
  readonly variable: string;
  readonly start: () => Promise<Started | Absent>;
}

const SHARED: readonly Shared[] = [
  { name: "Kafka", variable: KAFKA_VARIABLE, start: sharedKafka },
  { name: "PostgreSQL", variable: POSTGRES_VARIABLE, start: sharedPostgres },
  { name: "Redis", variable: REDIS_VARIABLE, start: sharedRedis },
];

async function main(): Promise<number> {
  await using servers = new AsyncDisposableStack();
  const env: Record<string, string> = {};
  const wanted = SHARED.filter(({ variable }) => !Deno.env.get(variable));
  const answers = await Promise.allSettled(wanted.map(({ start }) => start()));
  for (const answer of answers) {
    if (answer.status === "fulfilled" && !("why" in answer.value)) servers.use(answer.value);
  }
  let missing = 0;
  for (const [at, answer] of answers.entries()) {
    const { name, variable } = wanted[at]!;
    if (answer.status === "rejected") throw answer.reason;
    if (!("why" in answer.value)) {
      env[variable] = answer.value.address;
      continue;
    }
    console.error(absence(name, answer.value));
    missing++;
  }
  if (missing > 0 && onCi()) return 1;
  return await runTests(env);
}

/** Its exit code. A signal for the starter alone is passed on; Ctrl-C goes to both. */
async function runTests(env: Record<string, string>): Promise<number> {
  const tests = new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "-P=tests", ...Deno.args],
    env,
  }).spawn();
  const passOn = () => tests.kill("SIGTERM");
  const stay = () => {};
  Deno.addSignalListener("SIGTERM", passOn);
  Deno.addSignalListener("SIGINT", stay);
  const { code } = await tests.status;
  Deno.removeSignalListener("SIGTERM", passOn);
  Deno.removeSignalListener("SIGINT", stay);
  return code;
}

Deno.exit(await main());
