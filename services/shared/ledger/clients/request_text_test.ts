import { assertEquals } from "@std/assert";
import { NETWORKS } from "@gopool/chain";
import fc from "@gopool/testing/fc";
import {
  CLIENT_SETTINGS,
  type ClientRequest,
  parseRequest,
  REQUEST_MAX_LENGTH,
  requestText,
} from "./request_text.ts";

const REQUEST: ClientRequest = {
  pool: "gopool",
  network: "main",
  account: "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l",
  setting: "payout-address",
  value: "bc1pss0zhytly75awhm6x2hhvd5lnzv3vssgrf9axfheq8ldyzn88ges79fler",
  nonce: "0123456789abcdef",
  expiresAtMs: Date.UTC(2026, 10, 25, 7, 3, 9),
};

Deno.test("a request is one line that a person can read", () => {
  assertEquals(
    requestText(REQUEST),
    "GoPool request: pool gopool, network main, account bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l, " +
      "payout-address bc1pss0zhytly75awhm6x2hhvd5lnzv3vssgrf9axfheq8ldyzn88ges79fler, " +
      "nonce 0123456789abcdef, expires 2026-11-25T07:03:09Z",
  );
  assertEquals(parseRequest(requestText(REQUEST)), REQUEST);
});

const requests: fc.Arbitrary<ClientRequest> = fc.record({
  pool: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/),
  network: fc.constantFrom(...NETWORKS),
  account: fc.stringMatching(/^[0-9A-Za-z]{14,90}$/),
  setting: fc.constantFrom(...CLIENT_SETTINGS),
  value: fc.stringMatching(/^[!-+\--~]{1,200}$/),
  nonce: fc.stringMatching(/^[0-9a-f]{16,64}$/),
  expiresAtMs: fc.nat({ max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
});

Deno.test("every request is read back as it was written", () => {
  fc.assert(
    fc.property(requests, (request) => {
      assertEquals(parseRequest(requestText(request)), request);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a line is read in one way or not at all: another line is another request", () => {
  const line = requestText(REQUEST);
  fc.assert(
    fc.property(fc.nat(), fc.string({ unit: "binary", maxLength: 2 }), (at, piece) => {
      const place = at % line.length;
      const changed = line.slice(0, place) + piece + line.slice(place + 1);
      const read = parseRequest(changed);
      if (read !== null) assertEquals(requestText(read), changed);
    }),
    { numRuns: 500 },
  );
});

Deno.test("lines that are no request are not read", () => {
  const line = requestText(REQUEST);
  for (
    const text of [
      "",
      ` ${line}`,
      `${line}\n`,
      line.replace(", expires", ",  expires"),
      line.replace("07:03:09Z", "07:03:09.000Z"),
      line.replace("11-25", "02-30"),
      line.replace("11-25", "13-25"),
      line.replace("network main", "network mainnet"),
      line.replace("0123456789abcdef", "0123456789ABCDEF"),
      line.replace("0123456789abcdef", "0123456789abcde"),
      line.replace("payout-address ", "payout-address a b"),
      line.replace("payout-address", "password"),
      line + "x".repeat(REQUEST_MAX_LENGTH),
    ]
  ) assertEquals(parseRequest(text), null, text);
});
