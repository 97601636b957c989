/** Processes that tests start: shared with the rooms' own tests. @module */
export { freePort, kill, type Running, spawn, stop, untilReady } from "@gopool/testing/servers";
