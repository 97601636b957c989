/** What leads to the next page of a list of workers. @module */
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";

/** Where a page ended, and of which moment the list is. */
export interface WorkerPlace {
  readonly untilMs: number;
  readonly lastMs: number;
  readonly worker: string;
}

/** A page token that no answer had. The message is a sentence. */
export class BadToken extends Error {
  override name = "BadToken";
}

export function tokenOf({ untilMs, lastMs, worker }: WorkerPlace): string {
  return encodeBase64Url(JSON.stringify([untilMs, lastMs, worker]));
}

/** @throws {BadToken} */
export function placeOf(token: string): WorkerPlace {
  const [untilMs, lastMs, worker] = partsOf(token);
  if (!isMinute(untilMs) || !isTime(lastMs) || typeof worker !== "string") throw none(token);
  return { untilMs, lastMs, worker };
}

function partsOf(token: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(decodeBase64Url(token));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number > 0;
}

function isMinute(value: unknown): value is number {
  return isTime(value) && value % 60_000 === 0;
}

function none(token: string): BadToken {
  return new BadToken(
    `page_token: ${
      JSON.stringify(token.slice(0, 40))
    } is none of these answers': it must be next_page_token of the page before`,
  );
}
