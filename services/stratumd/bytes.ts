/**
 * Two small things done to bytes on the hot path and beside it.
 *
 * @module
 */

const latin1 = new TextDecoder("latin1");

/** The id's JSON text. Short and ASCII nearly always: a loop beats the decoder. */
export function idText(buf: Uint8Array, start: number, end: number): string {
  if (end - start > 16) return latin1.decode(buf.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(buf[i]!);
  return text;
}

/** Field 22 of share.proto (unlisted) appended to an encoded submission: a varint behind its tag. */
export function withUnlisted(record: Uint8Array, count: number): Uint8Array {
  if (count === 0) return record;
  const field = [0xb0, 0x01];
  let rest = count;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) field.push(rest % 128 | 0x80);
  field.push(rest);
  const out = new Uint8Array(record.length + field.length);
  out.set(record);
  out.set(field, record.length);
  return out;
}
