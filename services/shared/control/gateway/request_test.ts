import { Code, ConnectError } from "@connectrpc/connect";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type JsonObject, toJson } from "@gopool/proto/reflect";
import fc from "@gopool/testing/fc";
import { bindingsOf } from "./bindings.ts";
import { randomJson } from "./random_fixture.ts";
import { requestOf } from "./request.ts";
import { createRouting } from "./routing.ts";
import { shelfMethods, shelfQuery } from "./shelf_fixture.ts";

const RULES: Readonly<Record<string, JsonObject>> = {
  Search: { get: "/v1/search", additionalBindings: [{ get: "/v1/books/{book.id}" }] },
  Named: { get: "/v1/{name=shelves/*}/books" },
  Files: { get: "/v1/files/{name=**}" },
  Small: { get: "/v1/small/{small}/{genre}/{limit}" },
  Create: { post: "/v1/{name=shelves/*}:add", body: "book" },
  Change: { patch: "/v1/all/{book.author.name}", body: "*" },
  Purge: { custom: { kind: "PURGE", path: "/v1/search" } },
};

const routing = createRouting(bindingsOf(shelfMethods(RULES)));

/** The JSON of the request that this makes. */
function made(verb: string, url: string, body?: unknown): JsonObject {
  const { pathname, searchParams } = new URL(url, "http://pool");
  const { binding, captured } = routing.find(verb, pathname)!;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const message = requestOf(binding, { captured, query: searchParams, body: text });
  return toJson(binding.method.input, message) as JsonObject;
}

const MADE: readonly [what: string, asked: Parameters<typeof made>, JsonObject][] = [
  ["names of JSON and of the proto are both a field's", [
    "GET",
    "/v1/search?pageSize=7&name=a%20b+c",
  ], { pageSize: 7, name: "a b c" }],
  ["the proto's name", ["GET", "/v1/search?page_size=7"], { pageSize: 7 }],
  ["a bool", ["GET", "/v1/search?flag=true"], { flag: true }],
  ["64 bits to the last digit", ["GET", "/v1/search?big=18446744073709551615"], {
    big: "18446744073709551615",
  }],
  ["a number with an exponent", ["GET", "/v1/search?ratio=-1.5e3"], { ratio: -1500 }],
  ["bytes", ["GET", "/v1/search?data=AQI%3D"], { data: "AQI=" }],
  ["an enum by name", ["GET", "/v1/search?genre=GENRE_CRIME"], { genre: "GENRE_CRIME" }],
  ["an enum by number", ["GET", "/v1/search?genre=1"], { genre: "GENRE_CRIME" }],
  ["values that repeat, in their order", ["GET", "/v1/search?tags=b&flag=true&tags=a"], {
    tags: ["b", "a"],
    flag: true,
  }],
  ["enums that repeat", ["GET", "/v1/search?genres=1&genres=GENRE_UNSPECIFIED"], {
    genres: ["GENRE_CRIME", "GENRE_UNSPECIFIED"],
  }],
  ["a time", ["GET", "/v1/search?since=2026-01-31T12:00:00%2B01:00"], {
    since: "2026-01-31T11:00:00Z",
  }],
  ["a span", ["GET", "/v1/search?within=1.5s"], { within: "1.500s" }],
  ["a mask", ["GET", "/v1/search?mask=name,pageSize"], { mask: "name,pageSize" }],
  ["a wrapped number", ["GET", "/v1/search?limit=0"], { limit: 0 }],
  ["a field inside of a message", ["GET", "/v1/search?book.author.name=x&book.pages=3"], {
    book: { author: { name: "x" }, pages: 3 },
  }],
  ["a field inside of a message in the path", ["GET", "/v1/books/1%2F2?book.title=x"], {
    book: { id: "1/2", title: "x" },
  }],
  ["a name of several segments", ["GET", "/v1/shelves/a%20b/books?small=1"], {
    name: "shelves/a b",
    small: 1,
  }],
  ["all that is left of the path", ["GET", "/v1/files/a/b%2Fc//d"], { name: "a/b%2Fc//d" }],
  ["no more of the path", ["GET", "/v1/files"], {}],
  ["numbers in the path", ["GET", "/v1/small/-3/1/9"], {
    small: -3,
    genre: "GENRE_CRIME",
    limit: 9,
  }],
  ["a body for one field, and the rest from elsewhere", [
    "POST",
    "/v1/shelves/1:add?tags=x",
    { title: "y" },
  ], { name: "shelves/1", tags: ["x"], book: { title: "y" } }],
  ["a body for all", ["PATCH", "/v1/all/jo", { flag: true, book: { title: "y" } }], {
    flag: true,
    book: { title: "y", author: { name: "jo" } },
  }],
  ["a custom method", ["PURGE", "/v1/search?flag=true"], { flag: true }],
];

for (const [what, asked, expected] of MADE) {
  Deno.test(`${what}: ${asked[0]} ${asked[1]}`, () => {
    assertEquals(made(...asked), expected);
  });
}

const REFUSED: readonly [asked: Parameters<typeof made>, sentence: string][] = [
  [["GET", "/v1/search?nosuch=1"], `there is no query parameter "nosuch" here: name, flag,`],
  [["GET", "/v1/search?book=1"], `there is no query parameter "book" here`],
  [["GET", "/v1/search?books.id=1"], `there is no query parameter "books.id" here`],
  [["GET", "/v1/search?extra=1"], `there is no query parameter "extra" here`],
  [["GET", "/v1/search?__proto__=1"], `there is no query parameter "__proto__" here`],
  [["GET", "/v1/search?flag=yes"], `query parameter flag is "yes": wanted is true or false`],
  [["GET", "/v1/search?small=1.5"], `query parameter small is "1.5": wanted is a whole number`],
  [["GET", "/v1/search?small=2147483648"], `query parameter small is "2147483648": wanted is`],
  [["GET", "/v1/search?small="], `query parameter small is "": wanted is a whole number`],
  [["GET", "/v1/search?big=-1"], `query parameter big is "-1": wanted is a whole number from 0`],
  [["GET", "/v1/search?genre=CRIME"], `query parameter genre is "CRIME": wanted is one of GENRE_`],
  [["GET", "/v1/search?since=today"], `query parameter since is "today": wanted is a time as`],
  [["GET", "/v1/search?within=1m"], `query parameter within is "1m": wanted is a time span`],
  [["GET", "/v1/search?limit=-1"], `query parameter limit is "-1": wanted is a whole number`],
  [["GET", "/v1/search?data=%25"], `query parameter data is "%": wanted is base64`],
  [["GET", "/v1/search?tags=a&flag=x&tags=b"], `query parameter flag is "x"`],
  [["GET", "/v1/search?small=1&small=1"], `query parameter small is given twice`],
  [["GET", `/v1/search?${"tags=a&".repeat(65)}`], `the query has more than 64 parameters`],
  [["GET", `/v1/search?book${".part".repeat(9)}.id=1`], `there is no query parameter "book.part`],
  [["GET", "/v1/books/1?book.id=2"], `there is no query parameter "book.id" here`],
  [["GET", "/v1/small/x/1/1"], `small in the path is "x": wanted is a whole number`],
  [["GET", "/v1/small/1/1/%E9"], `limit in the path is "%E9": no percent-encoded text`],
  [["POST", "/v1/shelves/1:add?book.title=x", {}], `there is no query parameter "book.title"`],
  [["POST", "/v1/shelves/1:add", { nosuch: 1 }], `the request is no Query: `],
  [["POST", "/v1/shelves/1:add", "{"], `the body is no JSON: `],
  [["PATCH", "/v1/all/x?flag=true", {}], `there is no query parameter "flag" here: none is taken`],
  [["PATCH", "/v1/all/x", []], `the body is no Query, which is an object`],
  [
    ["PATCH", "/v1/all/x", { book: 1 }],
    `book.author.name in the path: the body has something else`,
  ],
  [["PATCH", "/v1/all/x", { book: { author: { name: "y" } } }], `the body has it as well`],
  [["PATCH", "/v1/all/x", { flag: 1 }], `the request is no Query: `],
];

for (const [asked, sentence] of REFUSED) {
  Deno.test(`${asked[0]} ${asked[1].slice(0, 60)} is refused: ${sentence}`, () => {
    const error = assertThrows(() => made(...asked), ConnectError);
    assertEquals(error.code, Code.InvalidArgument);
    assert(error.rawMessage.includes(sentence), error.rawMessage);
    assert(error.rawMessage.length < 600, error.rawMessage);
  });
}

Deno.test("any query and any body is a request, or refused in a sentence", () => {
  const name = fc.constantFrom("name", "flag", "tags", "book.pages", "since", "mask", "limit", "?");
  const query = fc.array(fc.tuple(fc.oneof(name, fc.string()), fc.string()), { maxLength: 6 });
  const verbs = fc.constantFrom(
    ["GET", "/v1/search"],
    ["PATCH", "/v1/all/x"],
    ["POST", "/v1/shelves/1:add"],
  );
  const body = fc.oneof(fc.json(), fc.string(), randomJson(shelfQuery()).map(String));
  fc.assert(
    fc.property(verbs, query, body, ([verb, path], pairs, text) => {
      try {
        made(verb!, `${path}?${new URLSearchParams(pairs)}`, verb === "GET" ? undefined : text);
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        assertEquals(error.code, Code.InvalidArgument);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("what a request's fields are, a URL can say, and it comes out the same", () => {
  const names = ["name", "flag", "small", "big", "ratio", "genre", "tags", "since", "limit"];
  fc.assert(
    fc.property(randomJson(shelfQuery()), (json) => {
      const chosen = Object.entries(json).filter(([name]) => names.includes(name));
      const pairs = chosen.flatMap(([name, value]) =>
        [value].flat().map((one) => [name, String(one)])
      );
      const query = shelfQuery();
      const { fromQuery, fromBody } = {
        fromQuery: made("GET", `/v1/search?${new URLSearchParams(pairs)}`),
        fromBody: made("PATCH", "/v1/all/x", Object.fromEntries(chosen)),
      };
      const { book: _, ...rest } = fromBody;
      assertEquals(fromQuery, rest, query.typeName);
    }),
    { numRuns: 200 },
  );
});
