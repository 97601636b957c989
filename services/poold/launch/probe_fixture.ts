/**
 * Tries what a program must not be able to do, and what it must, and prints what came of each attempt as JSON.
 * denied_test.ts runs it in a program's place, under that program's flags.
 *
 * @module
 */

/** What may be tried: `listen HOST:PORT`, `connect HOST:PORT`, `read PATH`, `write PATH`, `variable NAME`, … */
const attempts: Record<string, (what: string) => unknown> = {
  listen: (what) => Deno.listen(place(what)).close(),
  async connect(what) {
    (await Deno.connect(place(what))).close();
  },
  read: (what) => Deno.readFileSync(what),
  write: (what) => Deno.writeTextFileSync(what, "x"),
  variable(what) {
    if (Deno.env.get(what) === undefined) throw Object.assign(new Error(), { name: "unseen" });
  },
  variables: () => {
    throw Object.assign(new Error(), { name: Object.keys(Deno.env.toObject()).toSorted().join() });
  },
  run: (what) => new Deno.Command(what).outputSync(),
  ffi: (what) => Deno.dlopen(what, {}),
  sys: () => Deno.hostname(),
  // Not a literal: it would be loaded before anything runs.
  import: (what) => import(what),
};

function place(text: string): { hostname: string; port: number } {
  const [, hostname, port] = /^\[?(.+?)\]?:(\d+)$/.exec(text)!;
  return { hostname: hostname!, port: Number(port) };
}

const outcome: Record<string, string> = {};
for (const attempt of Deno.args) {
  const [, kind, what] = /^(\w+) ?(.*)$/.exec(attempt)!;
  try {
    await attempts[kind!]!(what!);
    outcome[attempt] = "done";
  } catch (error) {
    outcome[attempt] = (error as Error).name;
  }
}
console.log(JSON.stringify(outcome));
