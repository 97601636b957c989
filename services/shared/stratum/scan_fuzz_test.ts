/**
 * The scanner and JSON.parse held against each other on lines made up and mangled. A bounded run by default;
 * `GOPOOL_TEST_FUZZ_FACTOR=100 deno test --allow-env=GOPOOL_TEST_FUZZ_FACTOR` runs a hundred times longer.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { lines, parsed, scanned } from "./scan_samples.ts";

const encoder = new TextEncoder();

const permission = await Deno.permissions.query({
  name: "env",
  variable: "GOPOOL_TEST_FUZZ_FACTOR",
});
const FACTOR = permission.state === "granted"
  ? Number(Deno.env.get("GOPOOL_TEST_FUZZ_FACTOR") ?? 1)
  : 1;

// Generated lines: mostly well-formed, in any order and spacing, with the odd value where a string belongs.
const hexText = fc.stringMatching(/^[0-9a-fA-F]{0,18}$/);
const word = fc.stringMatching(/^[0-9a-fA-F]{1,8}$/);
const quoted = (text: fc.Arbitrary<string>) => text.map((s) => JSON.stringify(s));
const odd = fc.constantFrom(
  "null",
  "0",
  "-1",
  "1.5",
  "1e3",
  "[]",
  "{}",
  '"\\u0030"',
  "true",
  '""',
  '"zz"',
);
const mostly = (usual: fc.Arbitrary<string>, unusual: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 24, arbitrary: usual }, { weight: 1, arbitrary: unusual });
const name = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[ !#-\[\]-~]{0,40}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,40}$/) },
);
const params = fc.tuple(
  mostly(
    quoted(name),
    fc.oneof(
      odd,
      quoted(fc.string({ unit: "binary" })),
      quoted(fc.constantFrom("w".repeat(256), "w".repeat(257))),
    ),
  ),
  mostly(quoted(name), odd),
  mostly(quoted(fc.oneof(fc.stringMatching(/^[0-9a-fA-F]{16}$/), hexText)), odd),
  mostly(quoted(word), odd),
  mostly(quoted(word), odd),
  fc.option(mostly(quoted(word), odd), { nil: undefined }),
  fc.oneof(
    { weight: 24, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant('"1"') },
  ),
);
const space = fc.constantFrom("", "", "", " ", "  ", "\t", "\r", "\n ");
const id = mostly(
  fc.oneof(
    fc.nat().map(String),
    fc.bigInt().map(String),
    fc.constantFrom("null", '"a"', "0", "-0", "9".repeat(128)),
  ),
  fc.constantFrom("01", "1.0", "-", "true", "[1]", '"\\u0041"', "9".repeat(129), '"ü"', "nul"),
);
const methodText = mostly(
  fc.constant('"mining.submit"'),
  fc.constantFrom('"mining.subscribe"', '"mining\\u002esubmit"', '"mining.submit "', "5", '""'),
);
const line = fc.record({
  id,
  methodText,
  params,
  gaps: fc.array(space, { minLength: 40, maxLength: 40 }),
})
  .chain(({ id, methodText, params, gaps }) => {
    let gap = 0;
    const sp = () => gaps[gap++ % gaps.length]!;
    const list = params.filter((p) => p !== undefined).map((p) => `${sp()}${p}${sp()}`).join(",");
    const members = [
      `"id"${sp()}:${sp()}${id}`,
      `"method"${sp()}:${sp()}${methodText}`,
      `"params"${sp()}:${sp()}[${list}]`,
    ];
    const extra = mostly(
      fc.constant([] as string[]).map((x) => x.join()),
      fc.constantFrom(
        '"jsonrpc":"2.0"',
        '"id":7',
        '"params":[]',
        '"x":1',
        '"jsonrpc":null',
        '"jsonrpc":{}',
      ),
    );
    return extra.chain((more) =>
      fc.shuffledSubarray(more === "" ? members : [...members, more], {
        minLength: more === "" ? 3 : 4,
      })
        .map((all) => `${sp()}{${all.map((m) => `${sp()}${m}${sp()}`).join(",")}}${sp()}`)
    );
  });

/** Where the scanner says yes, the other road must say the same; where it says no, nothing is claimed. */
function agree(buf: Uint8Array): boolean {
  const short = scanned(buf);
  const long = parsed(buf);
  if (short !== undefined) assertEquals(short, long);
  return short !== undefined;
}

Deno.test("scanSubmit() and JSON.parse agree on generated lines", () => {
  let taken = 0;
  fc.assert(
    fc.property(line, (text) => {
      if (agree(encoder.encode(text))) taken++;
    }),
    { numRuns: 3000 * FACTOR },
  );
  // The test is worth something only while the scanner takes a good part of what is generated.
  assert(taken > 900 * FACTOR, `took ${taken}`);
});

const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("set", "insert", "delete", "double", "cut"),
  byte: fc.oneof(
    fc.constantFrom(...encoder.encode('"\\{}[],:-+.0129afAFgeE \t\n\r\0x')),
    fc.integer({ min: 0, max: 255 }),
  ),
});

function mutate(bytes: number[], { at, kind, byte }: { at: number; kind: string; byte: number }) {
  const i = at % (bytes.length + 1);
  if (kind === "set") bytes[Math.min(i, bytes.length - 1)] = byte;
  else if (kind === "insert") bytes.splice(i, 0, byte);
  else if (kind === "delete") bytes.splice(i, 1);
  else if (kind === "double") bytes.splice(i, 0, ...bytes.slice(i, i + (byte & 31)));
  else bytes.splice(i, byte);
}

Deno.test("scanSubmit() and JSON.parse agree on lines with bytes changed, added and lost", () => {
  let taken = 0;
  const sample = fc.oneof(fc.constantFrom(...lines.map(([, text]) => text)), line);
  fc.assert(
    fc.property(sample, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
      const bytes = [...encoder.encode(text)];
      for (const m of mutations) if (bytes.length > 0) mutate(bytes, m);
      if (agree(new Uint8Array(bytes))) taken++;
    }),
    { numRuns: 6000 * FACTOR },
  );
  assert(taken > 300 * FACTOR, `took ${taken}`);
});
