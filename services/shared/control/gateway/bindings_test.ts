import { createServiceImplSpec } from "@connectrpc/connect";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { create, type DescMessage, type MessageShape } from "@gopool/proto/control";
import type { JsonObject } from "@gopool/proto/reflect";
import { silent, systemClock } from "@gopool/runtime";
import { openApiFaults } from "@gopool/testing/openapi";
import { bindingsOf } from "./bindings.ts";
import { createGateway } from "./gateway.ts";
import { openApi } from "./openapi/document.ts";
import { createRouting } from "./routing.ts";
import { shelfMethods } from "./shelf_fixture.ts";
import { BadTemplate } from "./template.ts";

type Rules = Readonly<Record<string, JsonObject>>;

const BAD: readonly [rules: Rules, sentence: string][] = [
  [{ Get: {} }, "shelf.ShelfService/Get has a google.api.http rule without a path"],
  [{ Get: { get: "v1" } }, "does not begin with a slash"],
  [{ Get: { get: "/v1/{nosuch}" } }, "GET /v1/{nosuch}: its request has no field nosuch"],
  [{ Get: { get: "/v1/{tags}" } }, "tags cannot stand in a path"],
  [{ Get: { get: "/v1/{book}" } }, "book cannot stand in a path"],
  [{ Get: { get: "/v1/x", body: "*" } }, "a GET has no body"],
  [{ Get: { post: "/v1/x", body: "nosuch" } }, "its request has no field nosuch"],
  [{ Get: { get: "/v1/x", responseBody: "nosuch" } }, "its answer has no field nosuch"],
  [{ Get: { custom: { kind: "HEAD", path: "/v1/x" } } }, `asks for the HTTP method "HEAD"`],
  [
    { Get: { get: "/v1/{name}/x" }, List: { get: "/v1/{title=*}/x" } },
    "its request has no field title",
  ],
  [{ Get: { get: "/v1/{name}" }, List: { get: "/v1/*" } }, "are both reached by GET /v1/*"],
];

for (const [rules, sentence] of BAD) {
  Deno.test(`a rule that cannot be kept is told at the start: ${sentence}`, () => {
    const { message } = assertThrows(() => bindingsOf(shelfMethods(rules)), BadTemplate);
    assertStringIncludes(message, sentence);
  });
}

const RULES: Rules = {
  Any: { get: "/v1/{name=**}" },
  One: { get: "/v1/books/{name}" },
  New: { get: "/v1/books/new" },
  Part: { get: "/v1/books/{name}/{small}", responseBody: "book" },
  Check: { get: "/v1/books/{name}:check", additionalBindings: [{ post: "/v1/check", body: "*" }] },
};

Deno.test("of several templates that match, the one that says most is taken", () => {
  const routing = createRouting(bindingsOf(shelfMethods(RULES)));
  const taken = (verb: string, path: string) => routing.find(verb, path)?.binding.method.name;
  assertEquals(taken("GET", "/v1/books/new"), "New");
  assertEquals(taken("GET", "/v1/books/old"), "One");
  assertEquals(taken("HEAD", "/v1/books/old"), "One");
  assertEquals(taken("GET", "/v1/books/old:check"), "Check");
  assertEquals(taken("GET", "/v1/books/old:other"), "One");
  assertEquals(taken("GET", "/v1/books/a/b"), "Part");
  assertEquals(taken("GET", "/v1/books/a/b/c"), "Any");
  assertEquals(taken("POST", "/v1/check"), "Check");
  assertEquals(taken("POST", "/v1/books/new"), undefined);
  assertEquals(routing.allowed("/v1/check"), ["GET", "HEAD", "OPTIONS", "POST"]);
});

/** Answers each method with what it was asked. */
function echo() {
  const methods = shelfMethods(RULES);
  const service = methods[0]!.parent;
  const same = (request: MessageShape<DescMessage>) => create(methods[0]!.output, request);
  const impl = Object.fromEntries(methods.map(({ localName }) => [localName, same]));
  return { service, specs: Object.values(createServiceImplSpec(service, impl as never).methods) };
}

Deno.test("a response_body is sent alone, and null where it is not there", async () => {
  const gateway = createGateway({ services: [echo()], clock: systemClock, log: silent });
  const answer = async (path: string) => {
    const response = await gateway.fetch(new Request(`http://pool${path}`), { address: "" });
    return await response!.json();
  };
  const { title, pages } = await answer("/v1/books/a/7?book.title=x");
  assertEquals([title, pages], ["x", 0]);
  assertEquals(await answer("/v1/books/a/7"), null);
});

Deno.test("the document says all of it, too", async () => {
  const document = openApi({
    services: [echo().service],
    title: "shelves",
    version: "v1",
    description: "",
    comments: {},
  });
  assertEquals(await openApiFaults(document), []);
  assertEquals(Object.keys(document.paths), [
    "/v1/books/new",
    "/v1/books/{name}",
    "/v1/books/{name}/{small}",
    "/v1/books/{name}:check",
    "/v1/check",
    "/v1/{name}",
  ]);
  const { parameters = [] } = document.paths["/v1/books/{name}"]!["get"]!;
  const byName = new Map(parameters.map((one) => [one.name, one]));
  assertEquals(byName.get("name")?.in, "path");
  assertEquals(byName.get("tags")?.schema, { type: "array", items: { type: "string" } });
  assertEquals(byName.get("pageSize")?.schema.maximum, 100);
  assertEquals(byName.get("limit")?.schema.maximum, 4_294_967_295);
  assertEquals(byName.get("book.author.born")?.schema.format, "date-time");
  // A message that contains itself is not gone into again.
  assertEquals(byName.has("book.part.title"), false);
  assertEquals(byName.has("extra"), false);
});
