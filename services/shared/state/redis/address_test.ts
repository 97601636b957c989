import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, parseRedisUrl, placesOf } from "./address.ts";

Deno.test("a Redis is read from its URL, with what is left out filled in", () => {
  assertEquals(parseRedisUrl("redis://cache"), {
    tls: false,
    places: [{ hostname: "cache", port: 6379 }],
    master: undefined,
    nodes: [],
    username: undefined,
    password: undefined,
    db: 0,
    prefix: "",
  });
  assertEquals(parseRedisUrl("rediss://me:p%40ss%2Fw@[::1]:7000/4?prefix=pool%3A"), {
    tls: true,
    places: [{ hostname: "::1", port: 7000 }],
    master: undefined,
    nodes: [],
    username: "me",
    password: "p@ss/w",
    db: 4,
    prefix: "pool:",
  });
});

Deno.test("Sentinels are read with the master they know and the servers they may name", () => {
  const url = "redis+sentinel://:secret@s1:1,s2/mymaster/2?prefix=a:&nodes=r1:7001,r2";
  assertEquals(parseRedisUrl(url), {
    tls: false,
    places: [{ hostname: "s1", port: 1 }, { hostname: "s2", port: 26379 }],
    master: "mymaster",
    nodes: [{ hostname: "r1", port: 7001 }, { hostname: "r2", port: 6379 }],
    username: undefined,
    password: "secret",
    db: 2,
    prefix: "a:",
  });
  assertEquals(placesOf(url).map(({ hostname, port }) => `${hostname}:${port}`), [
    "s1:1",
    "s2:26379",
    "r1:7001",
    "r2:6379",
  ]);
  assertEquals(
    describe(parseRedisUrl(url)),
    `Redis "mymaster" by the Sentinels s1:1,s2:26379, database 2`,
  );
});

Deno.test("a state in memory is in no place", () => assertEquals(placesOf("memory:"), []));

Deno.test("what is wrong with a URL is said without its password", () => {
  const wrong: [string, string][] = [
    ["redis:/x", "it must read"],
    ["redis://", "it must read"],
    ["redis://u:secret@h:99999", "no port from 1 to 65535"],
    ["redis://u:secret@h:x", "is no host:port"],
    ["redis://u:secret@h/name", "database must be a number"],
    ["redis://u:secret@h/0/1", "database must be a number"],
    ["redis://u:secret@a,b", "several Sentinels by redis+sentinel://"],
    ["redis+sentinel://u:secret@a,b", "must name the master"],
    ["redis://u:secret@h?prefx=a", `"prefx" is not known there`],
    ["redis://u:secret%zz@h", "percent-encoded"],
    ["http://h", `Cannot open state at "http:"`],
  ];
  for (const [url, why] of wrong) {
    const error = assertThrows(() => placesOf(url), TypeError, why);
    assert(error.message.startsWith("Cannot open state") && !error.message.includes("secret"), url);
  }
});
