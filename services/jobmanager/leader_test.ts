import { assertEquals } from "@std/assert";
import { stand } from "./kit_test.ts";

Deno.test("smoke", async () => {
  await using s = await stand();
  await s.pass(1000);
  console.log((await s.jobs()).map(({id,height,clean,templateId,variants,loggedAtMs,ntime})=>({id,height,clean,templateId,loggedAtMs,ntime,v:variants.length})), s.board.all());
  await s.pass(100_000);
  console.log((await s.jobs()).map(({id,height,clean,templateId,variants,loggedAtMs,ntime})=>({id,height,clean,templateId,loggedAtMs,ntime,v:variants.length})), s.board.all());
});
