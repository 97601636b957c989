/** Property tests: the one place that names fast-check. */
export { default } from "fast-check";
export type * from "fast-check";
