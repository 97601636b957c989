import { EXTRANONCE2_BYTES } from "@gopool/chain";
import { HEX_VALUE, readUint32 } from "./hex.ts";
import { bad, isPlainText, type Reading } from "./reading.ts";

/**
 * One `mining.submit`, in numbers and bytes: case, padding and a version of "0" are gone, so equal shares
 * compare equal. One object is made once and filled again for every line.
 */
export class SubmitLine {
  /** The id's JSON text is the bytes [idStart, idEnd) of the line's buffer. Set by scanSubmit only. */
  idStart = 0;
  idEnd = 0;
  /** As sent: may be in other case, `%2e` encoded or a worker never authorised. At most 256 characters. */
  worker = "";
  /** As sent, not looked up anywhere. At most 256 characters. */
  jobId = "";
  /** Valid only if `extranonce2Length` is 8. Overwritten by the next line: copy what must stay. */
  readonly extranonce2: Uint8Array = new Uint8Array(EXTRANONCE2_BYTES);
  /** Bytes sent; -1 for an odd number of digits. Anything but 8 is to be refused with code 20. */
  extranonce2Length = 0;
  /** Seconds. */
  ntime = 0;
  /** As in the header: the wire's 8 digits, most significant first. */
  nonce = 0;
  /** The rolled bits, unsigned 32-bit; -1 where no sixth parameter was sent. */
  versionBits = -1;
}

/** Fills the extranonce2 of `out`; false if `text` is not hex. */
function readExtranonce2(text: string, out: SubmitLine): boolean {
  const whole = text.length === 2 * EXTRANONCE2_BYTES;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 256 ? HEX_VALUE[code]! : -1;
    if (digit < 0) return false;
    if (!whole) continue;
    out.extranonce2[i >> 1] = i % 2 === 0 ? digit << 4 : out.extranonce2[i >> 1]! | digit;
  }
  out.extranonce2Length = text.length % 2 === 0 ? text.length / 2 : -1;
  return true;
}

/**
 * Reads the params of `mining.submit`: `[worker, job id, extranonce2, ntime, nonce]` and, where version
 * rolling was negotiated, the rolled bits (BIP310). All are strings; everything but the names is hex of
 * either case.
 *
 * @param out Filled and returned; a new one unless given. Its contents are void after a problem.
 */
export function parseSubmit(
  params: readonly unknown[],
  out: SubmitLine = new SubmitLine(),
): Reading<SubmitLine> {
  if (params.length < 5 || params.length > 6) return bad("submit takes 5 or 6 parameters");
  const [worker, jobId, extranonce2, ntime, nonce, versionBits] = params;
  if (!isPlainText(worker)) return bad("worker name must be text of at most 256 characters");
  if (!isPlainText(jobId)) return bad("job id must be text of at most 256 characters");
  if (typeof extranonce2 !== "string" || !readExtranonce2(extranonce2, out)) {
    return bad("extranonce2 must be hex");
  }
  out.worker = worker;
  out.jobId = jobId;
  out.ntime = typeof ntime === "string" ? readUint32(ntime) : -1;
  if (out.ntime < 0) return bad("ntime must be 8 hex digits");
  out.nonce = typeof nonce === "string" ? readUint32(nonce) : -1;
  if (out.nonce < 0) return bad("nonce must be 8 hex digits");
  out.versionBits = -1;
  if (params.length === 6) {
    out.versionBits = typeof versionBits === "string" ? readUint32(versionBits) : -1;
    if (out.versionBits < 0) return bad("version bits must be 8 hex digits");
  }
  return { ok: true, value: out };
}
