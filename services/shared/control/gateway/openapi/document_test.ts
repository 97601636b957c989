import { assert, assertEquals } from "@std/assert";
import { BlockService, MinerService, PayoutService, PoolService } from "@gopool/proto/api";
import { COMMENTS } from "@gopool/proto/api/comments";
import { openApiFaults } from "@gopool/testing/openapi";
import { openApi } from "./document.ts";

const document = openApi({
  services: [PoolService, BlockService, MinerService, PayoutService],
  title: "a pool",
  version: "v1",
  description: "what everybody has to know",
  comments: COMMENTS,
  isConditional: true,
});

/** Some value inside of the document, for whoever knows the way. */
// deno-lint-ignore no-explicit-any
const anything = document as any;

Deno.test("the document is one of OpenAPI 3.1, by its published schema", async () => {
  assertEquals(await openApiFaults(document), []);
  const broken = { ...document, paths: { "no slash": {} } };
  assert((await openApiFaults(broken)).length > 0);
});

Deno.test("every reference leads somewhere, and every component is referred to", () => {
  const text = JSON.stringify(document);
  const refs = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
  const named = new Set(refs.map(([, kind, name]) => `${kind}/${name}`));
  const there = Object.entries(document.components).flatMap(([kind, all]) =>
    Object.keys(all).map((name) => `${kind}/${name}`)
  );
  assertEquals([...named].toSorted(), there.toSorted());
});

Deno.test("each operation has an id of its own", () => {
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId)
  );
  assertEquals(ids.length, new Set(ids).size);
});

Deno.test("a parameter has the bounds of its type and of its rules", () => {
  const { parameters } = anything.paths["/api/v1/blocks"].get;
  const [size, token] = parameters;
  assertEquals([size.name, size.in, size.required], ["pageSize", "query", false]);
  assertEquals([size.schema.minimum, size.schema.maximum], [0, 100]);
  assertEquals([token.name, token.schema.maxLength], ["pageToken", 128]);
});

Deno.test("an enum in a request is a name or a number, in an answer a name", () => {
  const [range] = anything.paths["/api/v1/pool/chart"].get.parameters;
  assertEquals(range.schema.$ref, "#/components/schemas/ChartRange.Input");
  const { anyOf } = anything.components.schemas["ChartRange.Input"];
  assert(anyOf[0].enum.includes("CHART_RANGE_1H") && anyOf[1].enum.includes(1));
  const { window } = anything.components.schemas.Hashrate.properties;
  assertEquals(window.$ref ?? window.anyOf, "#/components/schemas/Window");
  assert(anything.components.schemas.Window.enum.includes("WINDOW_1H"));
});

Deno.test("satoshis are texts, times are date-times, zeros are promised and what can be absent is not", () => {
  const { BlockSummary } = anything.components.schemas;
  assertEquals(BlockSummary.properties.rewardSats.type, "string");
  assertEquals(BlockSummary.properties.foundAt.format, "date-time");
  assert(BlockSummary.required.includes("confirmations"));
  assert(!BlockSummary.required.includes("effort"));
  assert(!BlockSummary.required.includes("foundAt"));
});

Deno.test("the body has what the path has not, needs what its rules need, and nothing else", () => {
  const { post } = anything.paths["/api/v1/miners/{address}/settings"];
  const { schema } = post.requestBody.content["application/json"];
  assertEquals(Object.keys(schema.properties), ["message", "signature"]);
  assertEquals([schema.required, schema.additionalProperties], [["message", "signature"], false]);
});

Deno.test("a stream is server-sent events, and says what is in them", () => {
  const { content } = anything.paths["/api/v1/pool/live"].get.responses[200];
  const [message, failure] = content["text/event-stream"].schema.anyOf.map(
    (one: typeof anything) => one.properties.data.contentSchema.$ref,
  );
  assertEquals(message, "#/components/schemas/WatchPoolResponse");
  assertEquals(failure, "#/components/schemas/Error");
});

Deno.test("every operation says what it is for", () => {
  const silent = Object.values(document.paths).flatMap((path) => Object.values(path))
    .filter(({ description }) => description === undefined);
  assertEquals(silent.map(({ operationId }) => operationId), []);
});

Deno.test("comments of the protos are the descriptions", () => {
  const { get } = anything.paths["/api/v1/blocks"];
  assertEquals(get.description, COMMENTS["gopool.api.v1.BlockService.ListBlocks"]);
  assert(anything.components.schemas.Hashrate.description.startsWith("Speed over a window"));
});
