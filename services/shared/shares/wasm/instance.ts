/**
 * The share modules, ready to be called.
 *
 * @module
 */
import type { Lanes } from "./lanes.ts";
import { shareModule } from "./share.ts";

/** Judges the shares whose addresses stand from `order` up to `end`, against the job block at `job`. */
export type Check = (job: number, order: number, end: number) => void;

/** The code is the same for every checker: compiled when the first one is made. */
const modules = new Map<string, WebAssembly.Module>();

/** @param base Where the module keeps its own things in the memory. */
export function checkFunction(lanes: Lanes, base: number, memory: WebAssembly.Memory): Check {
  const key = `${lanes.count}@${base}`;
  let module = modules.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(shareModule(lanes, base));
    modules.set(key, module);
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports.check as Check;
}
