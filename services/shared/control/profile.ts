/**
 * Where the process spends its time and its memory, asked of the engine while it works.
 *
 * The engine's inspector needs `sys` "inspector" in the program's permission set: the flag --allow-sys does not know
 * that name. A snapshot of the heap is out of reach: asked for by the thread that would have to wait for it, it
 * never comes. What can be had instead: sizes of the heap's spaces, and a sample of what was allocated.
 *
 * @module
 */
import { Session } from "node:inspector";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { Clock } from "@gopool/runtime";

/** It cannot be had now; the message says why, and what would help. */
export class CannotProfile extends Error {
  override name = "CannotProfile";
}

export interface Span {
  readonly forMs: number;
  /** Ends it early; what was found until then is given up. */
  readonly signal: AbortSignal;
}

export interface HeapSummary {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly heapLimitBytes: number;
  readonly externalBytes: number;
  readonly spaces: readonly {
    readonly name: string;
    readonly usedBytes: number;
    readonly sizeBytes: number;
  }[];
}

export interface Allocation {
  readonly function: string;
  /** File and line. */
  readonly place: string;
  /** Estimated from samples. */
  readonly bytes: number;
}

export interface Profiler {
  /** @returns A .cpuprofile, as JSON. @throws {CannotProfile} @throws The signal's reason. */
  cpu(span: Span & { readonly intervalUs: number }): Promise<string>;
  /** What was allocated meanwhile and is still held, by place, the most first. @throws as `cpu` */
  allocations(span: Span): Promise<Allocation[]>;
}

/** What an operator reads; the rest is noise. */
const ALLOCATIONS_MAX = 50;

const ROOT = new URL("../../../", import.meta.url).href;

/** One profile at a time: the engine has one sampler, and two would measure each other. */
export function createProfiler(clock: Clock): Profiler {
  let isBusy = false;
  async function inspected<T>(span: Span, work: (post: Post) => Promise<T>): Promise<T> {
    if (isBusy) {
      throw new CannotProfile("A profile is being taken already: ask again when it is done");
    }
    isBusy = true;
    try {
      using session = connected();
      const result = await work(session.post);
      span.signal.throwIfAborted();
      return result;
    } finally {
      isBusy = false;
    }
  }
  return {
    cpu: (span) =>
      inspected(span, async (post) => {
        await post("Profiler.enable");
        await post("Profiler.setSamplingInterval", { interval: span.intervalUs });
        await post("Profiler.start");
        await clock.sleep(span.forMs, span.signal);
        const { profile } = await post("Profiler.stop") as { profile: unknown };
        await post("Profiler.disable");
        return JSON.stringify(profile);
      }),
    allocations: (span) =>
      inspected(span, async (post) => {
        await post("HeapProfiler.enable");
        await post("HeapProfiler.startSampling");
        await clock.sleep(span.forMs, span.signal);
        const { profile } = await post("HeapProfiler.stopSampling") as { profile: { head: Node } };
        await post("HeapProfiler.disable");
        return allocationsOf(profile.head);
      }),
  };
}

export function heapSummary(): HeapSummary {
  const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
  return {
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    externalBytes: external,
    spaces: getHeapSpaceStatistics().map((space) => ({
      name: space.space_name,
      usedBytes: space.space_used_size,
      sizeBytes: space.space_size,
    })),
  };
}

type Post = (method: string, params?: object) => Promise<unknown>;

function connected(): Disposable & { readonly post: Post } {
  const session = new Session();
  try {
    session.connect();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new CannotProfile(
      'The process may not look into its engine: its permission set needs "sys": ["inspector"]',
      { cause: error },
    );
  }
  return {
    post: (method, params = {}) =>
      new Promise((resolve, reject) => {
        session.post(method, params, (error, result) => error ? reject(error) : resolve(result));
      }),
    [Symbol.dispose]: () => session.disconnect(),
  };
}

/** A place of the sampled tree, as the engine tells it. */
interface Node {
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** What the engine's own functions allocate stands at the place that has called them. */
function allocationsOf(head: Node): Allocation[] {
  const found = new Map<string, Allocation>();
  const open = [{ node: head, calledFrom: "" }];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { node: { callFrame, selfSize, children }, calledFrom } = one;
    const { functionName, url, lineNumber } = callFrame;
    // The engine counts lines from 0.
    const place = url === "" ? calledFrom : `${url.replace(ROOT, "")}:${lineNumber + 1}`;
    open.push(...children.map((node) => ({ node, calledFrom: place })));
    if (selfSize === 0) continue;
    const name = functionName || "(anonymous)";
    const before = found.get(`${name} ${place}`)?.bytes ?? 0;
    found.set(`${name} ${place}`, { function: name, place, bytes: before + selfSize });
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes).slice(0, ALLOCATIONS_MAX);
}
