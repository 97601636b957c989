/**
 * Builds the page into a folder, which is the only argument. Run by the launcher before the API server, so that that
 * one may write nothing and bundle nothing.
 *
 * @module
 */
import { buildPage } from "./build.ts";

const folder = Deno.args[0]!;
try {
  await buildPage(folder);
} catch (error) {
  // Code 0: miners come before the page, and who opens it is told.
  console.error(`The pool's page could not be built: ${(error as Error).message}`);
}
