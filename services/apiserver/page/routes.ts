/**
 * The page's own URLs. The browser's side (`app/route.ts`) reads the same paths; a test holds them together.
 *
 * @module
 */

/** An address, a hash: one path segment without anything that would have to be quoted. */
const SEGMENT = "[A-Za-z0-9]{1,100}";

const ROUTES = [
  /^\/$/,
  new RegExp(`^/miner/${SEGMENT}/?$`),
  /^\/blocks\/?$/,
  new RegExp(`^/blocks/${SEGMENT}/?$`),
  /^\/payouts\/?$/,
  /^\/connect\/?$/,
];

/** Whether a path is a page of its own. */
export function isRoute(pathname: string): boolean {
  return ROUTES.some((route) => route.test(pathname));
}
