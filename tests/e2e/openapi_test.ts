/**
 * The running pool's public API against its own description: requests by it and against it, made by a fuzzer; no answer
 * may be a fault, and none outside of the document.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { freePort, waitFor } from "@gopool/testing";
import { attacked, findSchemathesis } from "@gopool/testing/servers";
import { openApiFaults } from "@gopool/testing/openapi";
import { skipped } from "../real/absent.ts";
import { type RunningPool, startPool } from "./pool.ts";

/** What a fuzzer cannot know of a text: whether it is an address, or a page that was given out. */
const UNKNOWABLE = ["positive_data_acceptance"];

/** A stream has no end. */
const STREAMS = "/live$";

const program = await findSchemathesis();
if (typeof program !== "string") {
  skipped(`Requests at random to the running pool are skipped: ${program.why}`);
}

/** A block of the pool, and who found it. */
async function firstBlock(
  url: string,
): Promise<{ readonly hash: string; readonly finder: string }> {
  return await waitFor(
    async () => {
      const response = await fetch(`${url}/api/v1/blocks`).catch(() => null);
      if (response?.status !== 200) {
        await response?.body?.cancel();
        return undefined;
      }
      const { blocks } = await response.json();
      return blocks[0];
    },
    "a block",
    { deadlineMs: 120_000 },
  );
}

async function drained(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}

/** What the gateway tells the log of its own faults; a block that is lost on a busy machine is none of them. */
const FAULTS = [
  "a call failed",
  "a request could not be answered",
  "an answer has what is no number",
];

function faultsOf({ log }: RunningPool) {
  return log.lines.filter(({ message }) => FAULTS.includes(message));
}

Deno.test({
  name: "the public API answers whatever it is asked as its description says",
  ignore: typeof program !== "string",
  async fn({ step }) {
    await using pool = await startPool({
      GOPOOL_API_RATE: "0",
      GOPOOL_DEMO_MINER: "on",
      GOPOOL_SIMULATED_NODE_PORT: String(freePort()),
    });
    const url = `http://127.0.0.1:${pool.apiPort}`;
    const { hash, finder } = await firstBlock(url);
    const attack = {
      url: `${url}/api/openapi.json`,
      examples: 3,
      except: STREAMS,
      exceptChecks: UNKNOWABLE,
    };
    await step("its description is a document of OpenAPI", async () => {
      const document = await (await fetch(attack.url)).json();
      assertEquals(await openApiFaults(document), []);
    });
    await step("of a miner and a block that are there", async () => {
      const known = { "path.address": finder, "path.hash": hash };
      assertEquals((await fetch(`${url}/api/v1/miners/${finder}`).then(drained)).status, 200);
      const asked = { ...attack, edges: true, known };
      assertEquals(await attacked(program as string, asked), null);
    });
    await step("of what nobody knows", async () => {
      assertEquals(await attacked(program as string, { ...attack, edges: false }), null);
    });
    assertEquals(faultsOf(pool), []);
  },
});
