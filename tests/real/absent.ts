/** Where a real component cannot be had: shared with the rooms' own tests. @module */
export { skipped } from "@gopool/testing/servers";
