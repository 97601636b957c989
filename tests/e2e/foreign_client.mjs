/**
 * npm's stratum-client under Node: tells what it is told as JSON lines, and submits what it is given as JSON lines. It
 * hashes nothing itself.
 */
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";

// Named in the testing room's deno.json, which alone knows this package.
const stratum = createRequire(import.meta.url)("stratum-client");

const [port, worker] = process.argv.slice(2);
const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));

const client = stratum({
  server: "127.0.0.1",
  port: Number(port),
  worker,
  password: "x",
  autoReconnectOnError: false,
  onConnect: () => tell("connected"),
  onClose: () => tell("closed"),
  onError: (error) => tell("error", { message: error.message }),
  onSubscribe: (subscribed) => tell("subscribed", subscribed),
  onAuthorizeSuccess: () => tell("authorized"),
  onAuthorizeFail: (error) => tell("refused", { error }),
  onNewDifficulty: (difficulty) => tell("difficulty", { difficulty }),
  onNewMiningWork: (work) => tell("work", { work }),
  onSubmitWorkSuccess: (_error, result) => tell("share accepted", { result }),
  onSubmitWorkFail: (error) => tell("share refused", { error }),
});

createInterface({ input: process.stdin })
  .on("line", (line) => client.submit(JSON.parse(line)))
  .on("close", () => client.shutdown());
