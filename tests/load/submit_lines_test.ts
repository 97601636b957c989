import { assert, assertEquals } from "@std/assert";
import { scanSubmit, SubmitLine } from "@gopool/stratum";
import { RESULT_AT, SubmitLines } from "./submit_lines.ts";

const read = (bytes: Uint8Array) => {
  const line = new SubmitLine();
  assert(scanSubmit(bytes, 0, bytes.length - 1, line));
  const { worker, jobId, ntime, nonce } = line;
  return { worker, jobId, ntime, nonce, id: JSON.parse(new TextDecoder().decode(bytes)).id };
};

Deno.test("each renewed line is a canonical submit with a new nonce and id", () => {
  const lines = new SubmitLines("someone.rig", 2);
  const job = { id: "00000001000000ab", ntime: "65000000" };
  lines.renew(0, job);
  lines.renew(1, job);
  const seen = { worker: "someone.rig", jobId: job.id, ntime: 0x65000000 };
  assertEquals(read(lines.bytes(0, 1)), { ...seen, nonce: 0, id: 1_000_001 });
  assertEquals(read(lines.bytes(1, 1)), { ...seen, nonce: 1, id: 1_000_002 });
  const other = { id: "00000001000000ac", ntime: "65000001" };
  lines.renew(0, other);
  assertEquals(read(lines.bytes(0, 1)), {
    worker: "someone.rig",
    jobId: other.id,
    ntime: 0x65000001,
    nonce: 2,
    id: 1_000_003,
  });
});

Deno.test("an answer is matched to its line by the id", () => {
  const lines = new SubmitLines("someone.rig", 2);
  const job = { id: "00000001000000ab", ntime: "65000000" };
  lines.renew(0, job);
  lines.renew(1, job);
  const answer = new TextEncoder().encode('xx{"id":1000001,"result":true,"error":null}\n');
  assert(lines.answers(0, answer, 2));
  assert(!lines.answers(1, answer, 2));
  assertEquals(answer[2 + RESULT_AT], "t".charCodeAt(0));
});
