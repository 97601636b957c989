import { createMetrics } from "@gopool/runtime";
import { samples } from "@gopool/testing";
import { assertEquals } from "@std/assert";
import { stand } from "./fixture.ts";
import { ScriptedNode, tipAfter } from "./node_fixture.ts";

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

Deno.test("jobs stand by kind and cause, and are timed from the tip; the template's age grows when none comes", async () => {
  const metrics = createMetrics();
  const shown = (name: string) => samples(metrics, `gopool_jobmanager_${name}`);
  const node = new ScriptedNode();
  await using it = await stand({ metrics, nodes: [node] });
  assertEquals(await shown("template_age_seconds"), {});
  await it.pass(5_000);
  assertEquals(await shown("leading"), { "": 1 });
  const before = await shown("jobs_total");
  assertEquals(sum(before), (await it.jobs()).length);

  node.move(tipAfter(1));
  await it.pass(3_000);
  const jobs = await shown("jobs_total");
  const full = '{kind="full",cause="new_tip"}';
  assertEquals(jobs[full], before[full]! + 1);
  assertEquals((await shown("tip_to_job_seconds_count"))['{kind="full"}'], jobs[full]);
  const made = sum(jobs);
  assertEquals(await shown("job_publish_seconds_count"), { "": made });
  assertEquals(made, (await it.jobs()).length);
  assertEquals(await shown("job_height"), { "": (await it.jobs()).at(-1)!.height });

  node.away(true);
  await it.pass(60_000);
  const [age] = Object.values(await shown("template_age_seconds"));
  assertEquals(age! >= 55, true, `${age} s`);
  // Work goes on without a node: the newest job stays young.
  assertEquals((await shown("job_age_seconds"))[""]! <= 31, true);
  assertEquals(await samples(metrics, "gopool_metric_failures_total"), { "": 0 });
});
