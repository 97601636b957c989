import { assert, assertEquals } from "@std/assert";
import { BlockService, MinerService, PayoutService, PoolService } from "@gopool/proto/api";
import { captureLog } from "@gopool/testing";
import { attacked, findSchemathesis, skipped } from "@gopool/testing/servers";
import { createDocs } from "./docs.ts";
import { type OpenApi, openApi } from "./openapi/document.ts";
import { servingRandom } from "./random_fixture.ts";
import { serveGateway } from "./served_fixture.ts";

const SERVICES = [PoolService, BlockService, MinerService, PayoutService];
const program = await findSchemathesis();
if (typeof program !== "string") {
  skipped(`Requests at random by the OpenAPI document are skipped: ${program.why}`);
}

const document = openApi({
  services: SERVICES,
  title: "a pool",
  version: "v1",
  description: "",
  comments: {},
});

/** What an attack on a gateway that answers at random finds, while it says of itself what `told` says. */
async function foundIn(told: OpenApi, examples: number): Promise<string | null> {
  const { log, lines } = captureLog();
  await using served = serveGateway({
    services: SERVICES.map(servingRandom),
    log,
    docs: createDocs(told),
  });
  const url = `${served.url}/api/openapi.json`;
  const found = await attacked(program as string, { url, examples, edges: true });
  assertEquals(lines.filter(({ level }) => level === "error"), []);
  return found;
}

Deno.test({
  name: "whatever is asked by the document or against it, the answer is what the document says",
  ignore: typeof program !== "string",
  async fn() {
    assertEquals(await foundIn(document, 3), null);
  },
});

Deno.test({
  name: "a document that says otherwise is found out",
  ignore: typeof program !== "string",
  async fn() {
    const paths = { "/api/v1/payouts": document.paths["/api/v1/payouts"]! };
    const schemas = { ...document.components.schemas, Payout: { type: "string" } as const };
    const wrong = { ...document, paths, components: { ...document.components, schemas } };
    assert((await foundIn(wrong, 2))?.includes("Response violates schema"));
  },
});
