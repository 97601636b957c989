/**
 * The examples of apiserver's README, as they stand there, in a shell with the real curl.
 *
 * @module
 */
const README = new URL("../../services/apiserver/README.md", import.meta.url);

/** Enough for any answer; a stream is cut off then. */
const SECONDS = 10;

/** Says the status alone. A stream that is cut off has one, too. */
const CURL =
  `curl() { command curl --silent --max-time ${SECONDS} --output /dev/null --write-out '%{http_code}' "$@"; }`;

/** Streams never end by themselves: two seconds have one message at least. */
const STREAM = "--max-time 2";

/** Lines of the block that is marked as tested. */
export async function curlExamples(): Promise<string[]> {
  const text = await Deno.readTextFile(README);
  const block = /^```sh\n([^]*?)^```/m.exec(text)?.[1] ?? "";
  return block.split("\n").filter((line) => line.startsWith("curl "));
}

/** @returns The HTTP status that curl was answered. */
export async function runCurl(
  line: string,
  variables: { readonly POOL: string; readonly ADDRESS: string; readonly BLOCK: string },
): Promise<string> {
  const command = line.replace("--no-buffer", STREAM);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `${CURL}\n${command}`],
    env: variables,
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Whether this machine has one that knows --json (curl 7.82 of March 2022). */
export async function hasCurl(): Promise<boolean> {
  try {
    const { code } = await new Deno.Command("curl", { args: ["--json", "{}", "--version"] })
      .output();
    return code === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
