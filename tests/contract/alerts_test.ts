/**
 * The alerts of deploy/: Prometheus takes them, they fire when they should, ask for what the services tell, and name a
 * paragraph that is there.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { findPromtool } from "../real/promtool.ts";
import { withAllMetrics } from "./all_metrics.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const promtool = await findPromtool();

const TESTS = [
  "deploy/alerts_test.yml",
  "deploy/alerts_hours_test.yml",
  "deploy/alerts_statistics_test.yml",
];
const read = (path: string) => Deno.readTextFile(ROOT + path);
const alerts = await read("deploy/alerts.yml");

/** One rule that alerts, as its lines of the file. */
const rules = alerts.split(/^ +- alert: /m).slice(1).map((text) => ({
  name: /^\w+/.exec(text)![0],
  text: text.split(/^ +(?:- record:|#)/m)[0]!,
}));

async function assertTaken(...args: string[]): Promise<void> {
  const { code, says } = await promtool!.run(args);
  assertEquals(code, 0, says);
}

Deno.test("Prometheus takes the rules and the example that loads them", {
  ignore: promtool === null,
}, async () => {
  await assertTaken("check", "rules", `${ROOT}deploy/alerts.yml`);
  await assertTaken("check", "config", `${ROOT}deploy/prometheus.yml`);
});

Deno.test("each alert fires when it should, and only then", {
  ignore: promtool === null,
}, async () => {
  await assertTaken("test", "rules", ...TESTS.map((path) => ROOT + path));
});

Deno.test("each alert is tried, once where it must fire and once where it must not", async () => {
  const cases = (await Promise.all(TESTS.map(read))).join("\n");
  for (const { name } of rules) {
    const tries = cases.split(/eval_time: /).filter((text) => text.includes(`alertname: ${name}`));
    const firing = tries.filter((text) => text.includes("exp_alerts")).length;
    assert(firing > 0, `${name} is nowhere seen to fire`);
    assert(tries.length > firing, `${name} is nowhere seen to be silent`);
  }
});

Deno.test("each alert says how urgent it is, what is wrong, and names a paragraph that says what to do", async () => {
  assert(rules.length >= 20);
  for (const { name, text } of rules) {
    assert(/severity: (page|look)\b/.test(text), `${name}: severity is page or look`);
    assert(/^ +summary: ./m.test(text), `${name} has no summary`);
    const [, path, anchor] = /^ +runbook: ([^\s#]+)#(\S+)$/m.exec(text) ?? [];
    assert(path !== undefined && anchor !== undefined, `${name} names no paragraph`);
    assert(
      paragraphOf(await read(path), anchor).length > 40,
      `${name}: ${path}#${anchor} is empty`,
    );
  }
});

/** What stands under the heading of this anchor, as GitHub makes anchors; nothing where there is none such. */
function paragraphOf(markdown: string, anchor: string): string {
  const lines = markdown.split("\n");
  const at = lines.findIndex((line) => /^#+ /.test(line) && anchorOf(line) === anchor);
  if (at < 0) return "";
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line));
  return rest.slice(0, end < 0 ? undefined : end).join("\n").trim();
}

function anchorOf(heading: string): string {
  return heading.replace(/^#+ /, "").toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

Deno.test("each metric that a rule asks for is told by a service", async () => {
  await withAllMetrics(async (metrics) => {
    const told = new Set(
      [...(await metrics.render()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!),
    );
    const asked = new Set(alerts.match(/\b(?:gopool|process)_\w+/g));
    assert(asked.size > 20);
    const missing = [...asked].filter((name) =>
      !told.has(name) && !told.has(name.replace(/_(bucket|sum|count)$/, ""))
    );
    assertEquals(missing, []);
  });
});

Deno.test("promtool would say what is wrong: a counter without _total, a text that is cut", {
  ignore: promtool === null,
}, async () => {
  for (
    const wrong of [
      "# HELP gopool_tried Tried.\n# TYPE gopool_tried counter\ngopool_tried 1\n",
      '# HELP gopool_tried Tried.\n# TYPE gopool_tried gauge\ngopool_tried{a="b 1\n',
    ]
  ) {
    assertNotEquals((await promtool!.run(["check", "metrics"], wrong)).code, 0);
  }
});

Deno.test("promtool finds nothing to say about the metrics of all services together", {
  ignore: promtool === null,
}, async () => {
  await withAllMetrics(async (metrics) => {
    assertEquals(await promtool!.run(["check", "metrics"], await metrics.render()), {
      code: 0,
      says: "",
    });
  });
});
