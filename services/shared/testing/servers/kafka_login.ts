/**
 * A login at a broker without a client, by each of the three mechanisms: RFC 4616 for PLAIN, RFC 5802 for SCRAM.
 *
 * @module
 */
import type { Login } from "./kafka_settings.ts";
import { ask, request } from "./kafka_wire.ts";

const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Whether the broker takes it. */
export async function takesLogin(
  connection: Deno.Conn,
  mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512",
  login: Login,
): Promise<boolean> {
  const name = utf8.encode(mechanism);
  const handshake = await ask(connection, request(SASL_HANDSHAKE, 1, sized(name, 2)));
  if (handshake.getInt16(0) !== 0) return false;
  const say = (words: string) => authenticate(connection, words);
  if (mechanism === "PLAIN") {
    return await say(`\0${login.username}\0${login.password}`) !== null;
  }
  const hash = mechanism === "SCRAM-SHA-256" ? "SHA-256" : "SHA-512";
  const first = `n=${login.username},r=${crypto.randomUUID()}`;
  const challenge = await say(`n,,${first}`);
  if (challenge === null) return false;
  const last = `c=biws,r=${part(challenge, "r")}`;
  const proof = await proofOf(hash, login.password, challenge, `${first},${challenge},${last}`);
  const verdict = await say(`${last},p=${btoa(String.fromCharCode(...proof))}`);
  return verdict !== null && verdict.startsWith("v=");
}

/** One turn: the server's words, null when it refuses. */
async function authenticate(connection: Deno.Conn, words: string): Promise<string | null> {
  const body = sized(utf8.encode(words), 4);
  const answer = await ask(connection, request(SASL_AUTHENTICATE, 0, body));
  if (answer.getInt16(0) !== 0) return null;
  const at = 4 + Math.max(0, answer.getInt16(2));
  const size = answer.getInt32(at);
  return text.decode(new Uint8Array(answer.buffer, answer.byteOffset + at + 4, size));
}

async function proofOf(hash: string, password: string, challenge: string, whole: string) {
  const salt = Uint8Array.from(atob(part(challenge, "s")), (letter) => letter.charCodeAt(0));
  const iterations = Number(part(challenge, "i"));
  const secret = await crypto.subtle.importKey("raw", utf8.encode(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const bits = Number(hash.slice(4));
  const salted = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash, salt, iterations },
    secret,
    bits,
  );
  const client = await mac(hash, salted, "Client Key");
  const stored = await crypto.subtle.digest(hash, client);
  const signature = await mac(hash, stored, whole);
  return client.map((byte, at) => byte ^ signature[at]!);
}

async function mac(hash: string, key: ArrayBuffer, words: string) {
  const algorithm = { name: "HMAC", hash };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8.encode(words)));
}

/** The value of `name=value` in a list with commas. */
function part(list: string, name: string): string {
  return list.split(",").find((one) => one.startsWith(`${name}=`))!.slice(2);
}

/** Bytes behind their count. */
function sized(bytes: Uint8Array, width: 2 | 4): Uint8Array {
  const out = new Uint8Array(width + bytes.length);
  const view = new DataView(out.buffer);
  if (width === 2) view.setInt16(0, bytes.length);
  else view.setInt32(0, bytes.length);
  out.set(bytes, width);
  return out;
}
