/**
 * Submit lines as miners write them, and both roads to what they say: shared by the tests of the scanner.
 *
 * @module
 */
import { parseMessage } from "./message.ts";
import { scanSubmit } from "./scan.ts";
import { parseSubmit, SubmitLine } from "./submit.ts";

const decoder = new TextDecoder();

/** Everything a submission says, with its id, from either road. */
function facts(line: SubmitLine, rawId: string) {
  const { worker, jobId, extranonce2Length, ntime, nonce, versionBits } = line;
  const extranonce2 = extranonce2Length === 8 ? line.extranonce2.toHex() : undefined;
  return { rawId, worker, jobId, extranonce2Length, extranonce2, ntime, nonce, versionBits };
}

/** @returns undefined where the scanner leaves the line to others. */
export function scanned(buf: Uint8Array, start = 0, end = buf.length) {
  const out = new SubmitLine();
  if (!scanSubmit(buf, start, end, out)) return undefined;
  return facts(out, decoder.decode(buf.subarray(out.idStart, out.idEnd)));
}

/** @returns undefined for anything that is no good submit. */
export function parsed(buf: Uint8Array) {
  const message = parseMessage(buf);
  if (message.kind !== "request" && message.kind !== "notification") return undefined;
  if (message.method !== "mining.submit") return undefined;
  const submit = parseSubmit(message.params);
  return submit.ok ? facts(submit.value, message.rawId) : undefined;
}

// As these programs print it: order of members and white space are theirs.
export const lines: [string, string][] = [
  [
    "cgminer, bmminer and whatsminer",
    '{"params": ["bc1qx.rig", "65f0a1b2000003e7", "0000000000000001", "504e86b9", "e9695791"], "id": 12, "method": "mining.submit"}',
  ],
  [
    "cgminer with version bits",
    '{"params": ["bc1qx.rig", "65f0a1b2000003e7", "0000000000000001", "504e86b9", "e9695791", "00c00000"], "id": 12, "method": "mining.submit"}',
  ],
  [
    "ESP-Miner",
    '{"id": 54, "method": "mining.submit", "params": ["bc1qx.bitaxe", "875b4b7", "1700000000000000", "685468d7", "7552034c", "00b44000"]}',
  ],
  [
    "cpuminer",
    '{"method": "mining.submit", "params": ["bc1qx", "bf", "00000001AABBCCDD", "504E86ED", "B2957C02"], "id":4}',
  ],
  [
    "NerdMiner with a short nonce",
    '{"id":9,"method":"mining.submit","params":["bc1qx.n","1a","0000000000000001","68003ad1","1f3"]}',
  ],
  [
    "a string id",
    '{"id":"s-1","jsonrpc":"2.0","method":"mining.submit","params":["w","1","0000000000000001","68003ad1","0"]}',
  ],
  [
    "a null id",
    '{"id":null,"method":"mining.submit","params":["w","1","0000000000000001","68003ad1","00000000","0"]}',
  ],
  [
    "an id of 20 digits",
    '{"id":18446744073709551616,"method":"mining.submit","params":["w","1","0000000000000001","68003ad1","00000000"]}',
  ],
];
