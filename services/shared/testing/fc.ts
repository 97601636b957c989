/**
 * Property tests: the one place that names fast-check. Every run tries the same cases, so that a red test is red again;
 * `GOPOOL_TEST_SEED=7` tries others (`random`: others each time, and a failure names its seed).
 *
 * @module
 */
import fc from "fast-check";

const SEED = 20_261_123;

function seedInEffect(): number | undefined {
  const variable = "GOPOOL_TEST_SEED";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const text = state === "granted" ? Deno.env.get(variable) : undefined;
  if (text === "random") return undefined;
  return text === undefined ? SEED : Number(text);
}

const seed = seedInEffect();
fc.configureGlobal({ ...fc.readConfigureGlobal(), ...(seed === undefined ? {} : { seed }) });

export default fc;
export type * from "fast-check";
