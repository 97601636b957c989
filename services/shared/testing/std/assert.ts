// The npm copy of the standard library carries no types: assert.d.ts gives them to what the tests use.
// @ts-types="./assert.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
