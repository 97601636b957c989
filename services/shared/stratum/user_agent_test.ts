import { assert, assertEquals } from "@std/assert";
import { classifyUserAgent, USER_AGENTS, type UserAgentClass } from "./user_agent.ts";

const agents: [string, UserAgentClass, string][] = [
  ["NiceHash/1.0.0", "rental", "NiceHash"],
  ["MRR/1.0", "rental", "MiningRigRentals"],
  ["NerdMinerV2/1.6.3", "hobby", "NerdMiner"],
  ["SparkMiner/2.0", "hobby", "SparkMiner"],
  ["NerdQAxe++/BM1370/v1.0.36", "asic", "NerdAxe"],
  ["bitaxe/BM1368/v2.4.1", "asic", "Bitaxe"],
  ["whatsminer/v1.1", "asic", "Whatsminer"],
  ["Antminer S21/Mon", "asic", "Antminer S21"],
  ["bmminer/2.0.0", "asic", "Antminer"],
  ["bosminer-plus-tuner 0.2.0", "asic", "Braiins OS"],
  ["LuxMiner 2024.1", "asic", "LuxOS"],
  ["xminer-1.2.6", "asic", "VNish"],
  ["cgminer/4.12.0", "asic", "cgminer"],
  ["cpuminer-opt/24.5", "cpu", "cpuminer"],
  ["ckproxy/0.9.9", "proxy", "ckproxy"],
  ["braiins-farm-proxy/24", "proxy", "farm proxy"],
  ["", "unknown", "unknown"],
  ["something new", "unknown", "unknown"],
];
for (const [agent, cls, name] of agents) {
  Deno.test(`classifyUserAgent() takes "${agent}" for ${cls} ${name}`, () => {
    const terms = classifyUserAgent(agent);
    assertEquals([terms.class, terms.name], [cls, name]);
  });
}

Deno.test("no ASIC, rental market or proxy can be given a difficulty below 1, even if it asks", () => {
  for (const terms of USER_AGENTS) {
    if (terms.class === "hobby" || terms.class === "cpu") continue;
    assert(terms.minimumDifficulty >= 1, terms.name);
    assert(!terms.mayAskLower, terms.name);
  }
});

Deno.test("client.reconnect is for the cgminer family and ckproxy, which take it without an address", () => {
  const obeys = (agent: string) => classifyUserAgent(agent).obeysReconnect;
  for (const agent of ["cgminer/4.12.0", "bfgminer/5.5", "bmminer/2.0.0", "ckproxy/0.9.9"]) {
    assert(obeys(agent), agent);
  }
  for (const agent of ["bitaxe/BM1368/v2.4.1", "cpuminer-opt/24.5", "NiceHash/1.0", "", "new"]) {
    assert(!obeys(agent), agent);
  }
});

Deno.test("rental markets start where they ask to", () => {
  assert(classifyUserAgent("NiceHash/1.0").startDifficulty! >= 500_000);
  assert(classifyUserAgent("NiceHash/1.0").coinbaseBytesMax <= 500);
  assertEquals(classifyUserAgent("MRR").startDifficulty, 1_000_000);
});

Deno.test("every row says where its figures come from and starts no lower than its minimum", () => {
  for (const terms of USER_AGENTS) {
    assert(terms.source.length > 0);
    assert((terms.startDifficulty ?? Infinity) >= terms.minimumDifficulty, terms.name);
    assert(terms.coinbaseBytesMax >= 255);
  }
});
