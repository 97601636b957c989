/**
 * What one submit line costs, by road. Budget: the scanner takes at most a quarter of the time of TextDecoder
 * and JSON.parse with the same checks, which is asserted before the benches run.
 * Run: deno bench services/shared/stratum
 *
 * @module
 */
import { parseMessage } from "./message.ts";
import { acceptedInto, acceptedLine } from "./replies.ts";
import { scanSubmit } from "./scan.ts";
import { parseSubmit, SubmitLine } from "./submit.ts";

const BUDGET = 0.25;
const address = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";
const encoder = new TextEncoder();

/** Two workers' lines, as three programs write them. */
const lines = [
  `{"params": ["${address}.a", "65f0a1b2000003e7", "0000000000000001", "504e86b9", "e9695791", "00c00000"], "id": 12, "method": "mining.submit"}`,
  `{"id": 54, "method": "mining.submit", "params": ["${address}.b", "65f0a1b2000003e7", "1700000000000000", "685468d7", "7552034c", "00b44000"]}`,
  `{"method": "mining.submit", "params": ["${address}.b", "65f0a1b2000003e8", "00000001aabbccdd", "504e86ed", "b2957c02"], "id":4}`,
].map((line) => encoder.encode(line));

const out = new SubmitLine();

/** The general road, all of it: the raw id, types, limits, hex. */
function byMessage(line: Uint8Array): boolean {
  const message = parseMessage(line);
  return message.kind === "request" && parseSubmit(message.params, out).ok;
}

/** The least any JSON road can do: not even the raw id is kept. */
const decoder = new TextDecoder("utf-8", { fatal: true });
function byBareJson(line: Uint8Array): boolean {
  const { method, params } = JSON.parse(decoder.decode(line));
  return method === "mining.submit" && parseSubmit(params, out).ok;
}

const facts = () => JSON.stringify({ ...out, idStart: 0, idEnd: 0 });
for (const line of lines) {
  const all = [byBareJson, byMessage, (l: Uint8Array) => scanSubmit(l, 0, l.length, out)]
    .map((read) => read(line) && facts());
  if (!all[0] || new Set(all).size !== 1) throw new Error("Cannot bench: the roads disagree");
}

/** Nanoseconds a line, the best of several rounds: the machine may be busy. */
function timeOf(read: (line: Uint8Array) => boolean): number {
  let best = Infinity;
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    for (let i = 0; i < 12_000; i++) read(lines[i % 3]!);
    best = Math.min(best, (performance.now() - start) * 1e6 / 12_000);
  }
  return best;
}
const json = timeOf(byBareJson);
const general = timeOf(byMessage);
const scan = timeOf((line) => scanSubmit(line, 0, line.length, out));
const says = `scanner ${scan.toFixed(0)} ns, JSON.parse ${json.toFixed(0)} ns (${
  (scan / json).toFixed(3)
}), parseMessage ${general.toFixed(0)} ns (${(scan / general).toFixed(3)})`;
console.log(says);
if (scan > BUDGET * json) throw new Error(`Over the budget of ${BUDGET}: ${says}`);

let i = 0;
Deno.bench("scanSubmit", { group: "a submit line" }, () => {
  const line = lines[i++ % 3]!;
  scanSubmit(line, 0, line.length, out);
});
Deno.bench("JSON.parse and parseSubmit", { group: "a submit line", baseline: true }, () => {
  byBareJson(lines[i++ % 3]!);
});
Deno.bench("parseMessage and parseSubmit", { group: "a submit line" }, () => {
  byMessage(lines[i++ % 3]!);
});

const answer = new Uint8Array(64), id = encoder.encode("1234567");
Deno.bench("acceptedInto", { group: "an answer", baseline: true }, () => {
  acceptedInto(answer, 0, id);
});
Deno.bench("acceptedLine", { group: "an answer" }, () => {
  acceptedLine("1234567");
});
