import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { BadTemplate, decoded, matchTemplate, parseTemplate } from "./template.ts";

/** What the variables of a template are in a path; null: it does not match. */
function matched(template: string, path: string): Record<string, string> | null {
  const parsed = parseTemplate(template);
  const values = matchTemplate(parsed, path.slice(1).split("/"));
  if (values === null) return null;
  return Object.fromEntries(parsed.variables.map(({ field }, at) => [field, values[at]!]));
}

// The examples of google.api.HttpRule's comment, and its grammar's corners.
const MATCHES: readonly [template: string, path: string, Record<string, string> | null][] = [
  ["/v1/messages", "/v1/messages", {}],
  ["/v1/messages", "/v1/messages/", null],
  ["/v1/messages", "/v1/Messages", null],
  ["/v1/messages/{message_id}", "/v1/messages/123456", { message_id: "123456" }],
  ["/v1/messages/{message_id}", "/v1/messages/", null],
  ["/v1/messages/{message_id}", "/v1/messages/1/2", null],
  ["/v1/{name=messages/*}", "/v1/messages/123456", { name: "messages/123456" }],
  ["/v1/{name=messages/*}", "/v1/users/123456", null],
  ["/v1/messages/{message_id}/{sub.subfield}", "/v1/messages/1/foo", {
    message_id: "1",
    "sub.subfield": "foo",
  }],
  ["/v1/{name=shelves/*/books/*}", "/v1/shelves/1/books/2", { name: "shelves/1/books/2" }],
  ["/v1/{parent=shelves/*}/books/{book.id}", "/v1/shelves/1/books/2", {
    parent: "shelves/1",
    "book.id": "2",
  }],
  ["/v1/*/books", "/v1/anything/books", {}],
  ["/v1/*/books", "/v1//books", null],
  ["/v1/**", "/v1", {}],
  ["/v1/**", "/v1/a/b/c", {}],
  ["/v1/{path=**}", "/v1/a/b/c", { path: "a/b/c" }],
  ["/v1/{path=**}", "/v1", { path: "" }],
  ["/v1/{path=files/**}", "/v1/files/a//b", { path: "files/a//b" }],
];

for (const [template, path, expected] of MATCHES) {
  const outcome = expected === null ? "does not match" : "matches";
  Deno.test(`${template} ${outcome} ${path}`, () => {
    assertEquals(matched(template, path), expected);
  });
}

Deno.test("the verb stands behind the last colon", () => {
  assertEquals(parseTemplate("/v1/{name=messages/*}:cancel").verb, "cancel");
  assertEquals(parseTemplate("/v1/messages:cancel").verb, "cancel");
  assertEquals(parseTemplate("/v1/messages").verb, "");
});

const BAD = [
  "",
  "v1",
  "/",
  "/v1/",
  "//v1",
  "/v1/{name",
  "/v1/{name}x",
  "/v1/name}",
  "/v1/{}",
  "/v1/{1a}",
  "/v1/{a.}",
  "/v1/{a=}",
  "/v1/{a=b/{c}}",
  "/v1/{a}/{a}",
  "/v1/**/x",
  "/v1/{a=**}/{b}",
  "/v1/a b",
  "/v1/***",
  "/v1/x:",
  "/v1/a:b/c",
];

for (const template of BAD) {
  Deno.test(`"${template}" is no template, and that is said in a sentence`, () => {
    const { message } = assertThrows(() => parseTemplate(template), BadTemplate);
    assertEquals(message.startsWith(`The path template ${template} `), true, message);
  });
}

Deno.test("a variable of one segment is decoded wholly, one of several keeps its encoded slashes", () => {
  assertEquals(decoded("a%2Fb%20c%C3%A9", false), "a/b cé");
  assertEquals(decoded("a%2Fb/c%20%2f%25", true), "a%2Fb/c %2f%");
  for (const wrong of ["%", "%zz", "%E9", "%ff%fe"]) assertEquals(decoded(wrong, false), null);
});

Deno.test("whatever text one segment carries, encoded it comes out as it went in", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
      const { variables, ...template } = parseTemplate("/v1/{a}/x");
      const path = ["v1", encodeURIComponent(text), "x"];
      const [value] = matchTemplate({ ...template, variables }, path)!;
      assertEquals(decoded(value!, false), text);
    }),
  );
});

Deno.test("any text is a template or none, and any path matches it or not", () => {
  const part = fc.constantFrom("a", "{", "}", "*", "**", "=", "/", ":", ".", "%", "b_1", " ");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.webPath(), (parts, path) => {
      try {
        matchTemplate(parseTemplate(`/${parts.join("")}`), path.slice(1).split("/"));
      } catch (error) {
        if (!(error instanceof BadTemplate)) throw error;
      }
    }),
    { numRuns: 1_000 },
  );
});
