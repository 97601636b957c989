import { assertEquals, assertThrows } from "@std/assert";
import { pairNodes } from "./settings.ts";

const A = "http://u:p@a:8332/", B = "http://b:8332/";

Deno.test("pairNodes() gives each node its cookie file and its ZMQ address", () => {
  assertEquals(pairNodes([A, B], ["/a", "/b"], ["tcp://a:1", "tcp://b:2"]), [
    { url: new URL(A), zmq: "tcp://a:1" },
    { url: new URL(B), cookieFile: "/b", zmq: "tcp://b:2" },
  ]);
});

Deno.test("pairNodes() takes one cookie file for all, and an empty ZMQ address for none", () => {
  assertEquals(pairNodes([B, B], ["/c"], ["", "tcp://b:2"]), [
    { url: new URL(B), cookieFile: "/c" },
    { url: new URL(B), cookieFile: "/c", zmq: "tcp://b:2" },
  ]);
  assertEquals(pairNodes([A]), [{ url: new URL(A) }]);
});

Deno.test("pairNodes() refuses lists that do not fit each other, in sentences", () => {
  assertThrows(() => pairNodes([]), RangeError, "No node");
  assertThrows(() => pairNodes([A, B, B], ["/a", "/b"]), RangeError, "2 cookie files");
  assertThrows(() => pairNodes([A, B], [], ["tcp://a:1"]), RangeError, "1 ZMQ addresses");
});
