/**
 * Rows of the block's second road: whom a service calls where the bus does not confirm a candidate or a block in time.
 *
 * @module
 */
import type { ControlSettings } from "./control_rows.ts";
import { optional } from "./field.ts";
import { urlList } from "./net_fields.ts";

/** Every one of them is called: whichever has the job in memory builds the block. */
export const roadShareproc = optional(urlList(
  "GOPOOL_ROAD_SHAREPROC",
  "control addresses of the shareprocs: a candidate goes there too where the bus has not confirmed it in 250 ms",
  { schemes: ["http:", "https:"] },
));

/** Every one of them is called: each submits to its nodes at once. */
export const roadBlocksubmit = optional(urlList(
  "GOPOOL_ROAD_BLOCKSUBMIT",
  "control addresses of the blocksubmits: a block goes there too where the bus has not confirmed it in 250 ms",
  { schemes: ["http:", "https:"] },
));

type Found =
  & Partial<ControlSettings>
  & {
    readonly roadShareproc?: readonly URL[] | undefined;
    readonly roadBlocksubmit?: readonly URL[] | undefined;
  };

/** What rows of the second road contradict, in sentences. */
export function roadProblems({ roadShareproc, roadBlocksubmit, internalToken }: Found): string[] {
  if (internalToken !== undefined) return [];
  const without = (variable: string) =>
    `${variable} needs GOPOOL_INTERNAL_TOKEN, the token with which the pool's services call each other`;
  return [
    ...(roadShareproc === undefined ? [] : [without("GOPOOL_ROAD_SHAREPROC")]),
    ...(roadBlocksubmit === undefined ? [] : [without("GOPOOL_ROAD_BLOCKSUBMIT")]),
  ];
}
