/** A process whose client has asked and is idle when its server goes; it ends when its input does. @module */
import { ControlService } from "@gopool/proto/control";
import { controlClient } from "./client.ts";

const [url = "", token = ""] = Deno.args;
using client = controlClient(url, token);
for (let i = 0; i < 5; i++) await client(ControlService).status({});
console.log("idle");
for await (const _ of Deno.stdin.readable) { /* until its end */ }
