/**
 * grpcurl, a gRPC client that is not ours: it knows a server by its reflection alone.
 *
 * @module
 */
import { findGoProgram } from "./go_program.ts";

export const GRPCURL_VERSION = "v1.9.3";

/** Its path; null where it cannot be had, said in a sentence. */
export function findGrpcurl(): Promise<string | null> {
  return findGoProgram({
    name: "grpcurl",
    from: "github.com/fullstorydev/grpcurl/cmd/grpcurl",
    version: GRPCURL_VERSION,
  });
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface GrpcurlOptions {
  /** Requests as JSON, where `-d @` asks for them. */
  readonly input?: string;
  /** Ends it, as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** Ends it once it has said this: for streams without an end. */
  readonly until?: string;
}

/** Runs it to its end. */
export async function grpcurl(
  binary: string,
  args: readonly string[],
  { input = "", signal, until }: GrpcurlOptions = {},
): Promise<Said> {
  const child = new Deno.Command(binary, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = () => {
    try {
      child.kill("SIGINT");
    } catch {
      // It has ended by itself.
    }
  };
  signal?.addEventListener("abort", end, { once: true });
  const said = textOf(child.stdout, (text) => {
    if (until !== undefined && text.includes(until)) end();
  });
  const complaint = textOf(child.stderr);
  const writer = child.stdin.getWriter();
  // A program that ends before it has read all is no error of ours.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const [{ code }, out, err] = await Promise.all([child.status, said, complaint]);
  signal?.removeEventListener("abort", end);
  return { code, out, err };
}

async function textOf(
  stream: ReadableStream<Uint8Array>,
  each: (soFar: string) => void = () => {},
): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    each(text);
  }
  return text;
}
