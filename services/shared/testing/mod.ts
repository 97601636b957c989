/** What tests of every room share. Imported by tests only. @module */
export { silent } from "@gopool/runtime";
export { captureLog, type LogCapture, type LogLine } from "./capture_log.ts";
export { FakeClock, settle } from "./fake_clock.ts";
export { type Rendering, samples, samplesIn } from "./metrics.ts";
export { freePort, type TempDir, tempDir } from "./places.ts";
export { waitFor } from "./wait_for.ts";
