/** What tests of every room share. Imported by tests only. @module */
export { FakeClock, settle } from "./fake_clock.ts";
export { waitFor } from "./wait_for.ts";
