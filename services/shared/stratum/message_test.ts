import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { type MalformedReason, parseMessage } from "./message.ts";
import { walkTopLevel } from "./raw_json.ts";

Deno.test("parseMessage() reads a request with id, method and params", () => {
  assertEquals(parseMessage('{"id":8,"method":"mining.suggest_difficulty","params":[0.0001]}'), {
    kind: "request",
    rawId: "8",
    method: "mining.suggest_difficulty",
    params: [0.0001],
  });
});

Deno.test("parseMessage() takes a missing or null params for none", () => {
  for (const line of ['{"id":1,"method":"m"}', '{"id":1,"method":"m","params":null}']) {
    assertEquals(parseMessage(line), { kind: "request", rawId: "1", method: "m", params: [] });
  }
});

Deno.test("parseMessage() takes a message with no id, or a null one, for a notification", () => {
  for (const line of ['{"method":"pong"}', '{"id": null ,"method":"pong"}']) {
    assertEquals(parseMessage(line), {
      kind: "notification",
      rawId: "null",
      method: "pong",
      params: [],
    });
  }
});

Deno.test("parseMessage() takes a message without method for a response", () => {
  assertEquals(parseMessage('{"id":3,"result":"pong","error":null}'), {
    kind: "response",
    rawId: "3",
    result: "pong",
    error: null,
  });
  assertEquals(parseMessage('{"id":873,"result":null,"error":[21,"Job not found",""]}'), {
    kind: "response",
    rawId: "873",
    result: null,
    error: [21, "Job not found", ""],
  });
});

// The text of an id, as it comes, as it goes.
const ids = [
  "0",
  "-7",
  '"xnsub"',
  '"subscribe"',
  "18446744073709551616",
  "123456789012345678901234567890123456789",
  "1.0",
  "1e3",
  '"\\u0041\\"\\\\"',
  '"ü"',
  '""',
];
for (const rawId of ids) {
  Deno.test(`parseMessage() keeps the id ${rawId} to the letter`, () => {
    for (
      const line of [
        `{"id":${rawId},"method":"m","params":[]}`,
        `{ "params" : [ {"id":5} , "]" ] , "method":"m", "id" : ${rawId} }`,
        `{"id":1,"method":"m","\\u0069\\u0064":${rawId}}`,
        `{"id":null,"method":"m","x":{"id":[2]},"id":${rawId}}\r`,
      ]
    ) {
      const message = parseMessage(new TextEncoder().encode(line));
      assert(message.kind === "request", JSON.stringify(message));
      assertEquals(message.rawId, rawId);
    }
  });
}

const broken: [MalformedReason, string, string][] = [
  ["not-json", "an empty line", ""],
  ["not-json", "HTTP", "GET / HTTP/1.1"],
  ["not-json", "half a line", '{"id":1,"method":"mining.sub'],
  ["not-json", "two objects", '{"id":1,"method":"a"}{"id":2,"method":"b"}'],
  ["not-json", "a byte order mark", '\ufeff{"id":1,"method":"a"}'],
  ["not-an-object", "a batch", '[{"id":1,"method":"a"}]'],
  ["not-an-object", "a number", "7"],
  ["not-an-object", "null", "null"],
  ["bad-id", "an object as id", '{"id":{},"method":"a"}'],
  ["bad-id", "a list as id", '{"id":[1],"method":"a"}'],
  ["bad-id", "true as id", '{"id":true,"method":"a"}'],
  ["bad-id", "an endless id", `{"id":${"9".repeat(129)},"method":"a"}`],
  ["too-deep", "17 levels", `{"id":1,"method":"a","params":${"[".repeat(16)}${"]".repeat(16)}}`],
  ["no-method", "nothing", "{}"],
  ["no-method", "an id alone", '{"id":1}'],
  ["bad-method", "a number as method", '{"id":1,"method":5}'],
  ["bad-params", "an object as params", '{"id":1,"method":"a","params":{}}'],
  ["bad-params", "text as params", '{"id":1,"method":"a","params":"x"}'],
];
for (const [reason, given, line] of broken) {
  Deno.test(`parseMessage() says ${reason} given ${given}`, () => {
    const message = parseMessage(line);
    assert(message.kind === "malformed", JSON.stringify(message));
    assertEquals(message.reason, reason);
  });
}

Deno.test("parseMessage() knows the id of a malformed request where the line got that far", () => {
  const message = parseMessage('{"id":"seven","method":5}');
  assertEquals(message.rawId, '"seven"');
});

Deno.test("parseMessage() takes 16 levels of nesting", () => {
  const line = `{"id":1,"method":"a","params":${"[".repeat(15)}${"]".repeat(15)}}`;
  assertEquals(parseMessage(line).kind, "request");
});

Deno.test("parseMessage() survives nesting as deep as a line is long", () => {
  const open = '{"id":1,"method":"a","params":', levels = 200_000;
  assertEquals(parseMessage(open + "[".repeat(levels)).kind, "malformed");
  const whole = parseMessage(`${open}${"[".repeat(levels)}${"]".repeat(levels)}}`);
  assert(whole.kind === "malformed");
});

Deno.test("parseMessage() says not-utf8 given bytes that are none, and never replaces them", () => {
  for (
    const bad of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80]]
  ) {
    const line = new Uint8Array([
      ...new TextEncoder().encode('{"id":1,"method":"'),
      ...bad,
      0x22,
      0x7d,
    ]);
    const message = parseMessage(line);
    assert(message.kind === "malformed");
    assertEquals(message.reason, "not-utf8");
  }
});

Deno.test("parseMessage() is not led astray by members of Object.prototype", () => {
  const message = parseMessage('{"__proto__":{"method":"a","id":5},"constructor":1,"id":1}');
  assert(message.kind === "malformed");
  assertEquals(message.reason, "no-method");
});

Deno.test("parseMessage() says not-json given bytes that begin with a byte order mark", () => {
  const line = new Uint8Array([
    0xef,
    0xbb,
    0xbf,
    ...new TextEncoder().encode('{"id":1,"method":"a"}'),
  ]);
  assertEquals(parseMessage(line).kind, "malformed");
});

Deno.test("parseMessage() never throws, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    parseMessage(bytes);
  }));
  fc.assert(fc.property(fc.json(), (text) => {
    parseMessage(text);
  }));
});

Deno.test("walkTopLevel() finds the text that JSON.parse itself says a member has", () => {
  const key = fc.oneof(
    fc.constantFrom("id", "\\u0069d", "i\\u0064", "iD", ""),
    fc.string().map(inner),
  );
  const scalar = fc.oneof(
    fc.bigInt().map(String),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => JSON.stringify(n)),
    fc.string({ unit: "binary" }).map((s) => JSON.stringify(s)),
    fc.constantFrom("null", "true", "1e400", "-0", "0.10", '"\\u0069d"', '"\\\\"'),
  );
  const value = fc.oneof(scalar, scalar, fc.json(), fc.constant('{"id":[{"id":"}"}]}'));
  const space = fc.constantFrom("", "", " ", "\t\r\n");
  const member = fc.tuple(space, key, space, space, value, space).map(([a, k, b, c, v, d]) =>
    `${a}"${k}"${b}:${c}${v}${d}`
  );
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), (members) => {
      const text = ` {${members.join(",")}} `;
      const { raw, depth } = walkTopLevel(text, "id");
      const { source, value } = bySource(text);
      assertEquals(depth, depthOf(text));
      if (source !== undefined) assertEquals(raw, source);
      else assertEquals(raw === undefined ? undefined : JSON.parse(raw), value);
    }),
    { numRuns: 1000 },
  );
});

const inner = (s: string) => JSON.stringify(s).slice(1, -1);

/** What the engine's own source-text access says; it knows scalars only. */
function bySource(text: string): { source: string | undefined; value: unknown } {
  const sources = new Map<unknown, string | undefined>();
  const reviver = function (this: unknown, key: string, value: unknown, context?: unknown) {
    if (key === "id") sources.set(this, (context as { source?: string }).source);
    return value;
  };
  const root = JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
  return { source: sources.get(root), value: root.id };
}

/** Deepest nesting of the text, repeated members included: brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0, deepest = 0;
  for (const bracket of text.replaceAll(/"(?:\\.|[^"\\])*"|[^\[\]{}]/gs, "")) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
