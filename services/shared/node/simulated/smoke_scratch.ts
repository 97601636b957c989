import { startSimulatedNode } from "./mod.ts";
import { seededRandom, systemClock } from "@gopool/runtime";
const t0 = performance.now();
await using node = await startSimulatedNode({
  memory: true,
  port: 0,
  user: "u",
  password: "p",
  difficulty: { fixedBits: 0x207fffff },
  transactionsPerBlock: 20,
  clock: systemClock,
  random: seededRandom(1),
});
console.log(node.url, node.height, node.bestHash, node.mempoolSize, performance.now() - t0);
const call = async (m: string, ...params: unknown[]) => {
  const r = await fetch(`http://127.0.0.1:${node.port}`, {
    method: "POST",
    headers: { authorization: "Basic " + btoa("u:p") },
    body: JSON.stringify({ id: 1, method: m, params }),
  });
  return [r.status, await r.json()] as const;
};
const [s, t] = await call("getblocktemplate", { rules: ["segwit"] });
console.log(
  s,
  JSON.stringify({ ...t.result, transactions: t.result.transactions.length }),
  JSON.stringify(t.result.transactions.slice(0, 3)).slice(0, 1500),
);
let t1 = performance.now();
for (let i = 0; i < 200; i++) node.mineBlock();
console.log("200 blocks", performance.now() - t1, node.height, node.mempoolSize);
t1 = performance.now();
console.log(node.reorganise(5), performance.now() - t1, node.mempoolSize);
t1 = performance.now();
console.log(node.addTransactions(2000), performance.now() - t1);
t1 = performance.now();
node.mineBlock();
console.log("big block", performance.now() - t1);
console.log(
  await call("getchaintips"),
  await call("getmininginfo"),
  await call("nope"),
  await call("getblockhash", 1e6),
);
const out = [...node.blocks()].map((b) => b.toHex()).join("\n");
await Deno.writeTextFile("/tmp/simnode/chain.txt", out);
