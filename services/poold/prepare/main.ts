/**
 * Makes ready what the embedded ledger needs before the pool starts: its place, and its programs. Run by the launcher,
 * so that the pool itself may write neither to programs that it runs, nor outside of its folders. Its argument is the
 * data folder.
 *
 * @module
 */
import { prepareHome } from "@gopool/ledger/home";

try {
  await prepareHome(Deno.args[0]!);
} catch (error) {
  console.error(`Cannot make the embedded ledger ready: ${(error as Error).message}`);
  Deno.exit(2);
}
