/**
 * Kafka's jars for tests, from Maven Central by pom.xml, kept in the user's cache folder.
 *
 * @module
 */
import { type Absent, cacheFolder } from "./absent.ts";

export const KAFKA_VERSION = "4.4.0";

const POM = new URL("./kafka/pom.xml", import.meta.url);

/** What Java is given to find Kafka. */
export interface KafkaJars {
  readonly classpath: string;
}

/** The jars, fetched where they are not in the cache yet (some seconds). */
export async function findKafka(): Promise<KafkaJars | Absent> {
  const why = await failure("java", ["-version"]);
  if (why !== null) return { why };
  const key = await digest(await Deno.readFile(POM));
  const folder = `${cacheFolder()}/kafka-${KAFKA_VERSION}-${key}`;
  const jars = { classpath: `${folder}/*` };
  if (await isFolder(folder)) return jars;
  const absent = await fetchJars(folder);
  return absent ?? jars;
}

/**
 * Null when they are there. Test files run side by side: one of them fetches, the others wait for it, and the folder
 * gets its name when it is complete.
 */
async function fetchJars(folder: string): Promise<Absent | null> {
  await Deno.mkdir(cacheFolder(), { recursive: true });
  using lock = await Deno.open(`${folder}.lock`, { write: true, create: true });
  await lock.lock(true);
  if (await isFolder(folder)) return null;
  const own = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "kafka-" });
  try {
    const why = await failure("mvn", [
      "--quiet",
      "--batch-mode",
      "-Dstyle.color=never",
      `--file=${POM.pathname}`,
      "dependency:copy-dependencies",
      "-DincludeScope=runtime",
      `-DoutputDirectory=${own}/jars`,
    ]);
    if (why !== null) return { why };
    await Deno.rename(`${own}/jars`, folder);
    return null;
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

const NAMES: Record<string, string> = { java: "Java", mvn: "Maven (mvn)" };

/** Null when the command succeeds, else why it did not. */
async function failure(command: string, args: readonly string[]): Promise<string | null> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (success) return null;
    const text = new TextDecoder();
    // Maven says its errors on stdout, the first one first.
    const first = (text.decode(stdout) + text.decode(stderr)).trim().split("\n")[0];
    return `${NAMES[command]} failed: ${first}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return `there is no ${NAMES[command]} on this machine`;
    }
    throw error;
  }
}

/** The first 12 hex digits of SHA-256: enough to tell two states of one file apart. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
