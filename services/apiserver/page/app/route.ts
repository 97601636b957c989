/**
 * The page's routes: real URLs, changed without a reload. The server knows the same paths (`../routes.ts`).
 *
 * @module
 */
import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "overview" | "blocks" | "payouts" | "connect" | "nothing" }
  | { readonly page: "miner"; readonly address: string }
  | { readonly page: "block"; readonly hash: string };

/** What a path shows. */
export function routeOf(pathname: string): Route {
  const [first, second, ...rest] = pathname.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { page: "nothing" };
  if (first === undefined) return { page: "overview" };
  if (second === undefined) {
    if (first === "blocks" || first === "payouts" || first === "connect") return { page: first };
  } else if (/^[A-Za-z0-9]{1,100}$/.test(second)) {
    if (first === "miner") return { page: "miner", address: second };
    if (first === "blocks") return { page: "block", hash: second };
  }
  return { page: "nothing" };
}

/** Where a miner's page is. */
export function minerPath(address: string): string {
  return `/miner/${encodeURIComponent(address)}`;
}

/** The path shown now. */
export const path = signal(globalThis.location?.pathname ?? "/");

/** Goes to a path of the page. Focus goes with it, as it would with a page that is loaded. */
export function go(to: string): void {
  if (to === path.value) return;
  history.pushState(null, "", to);
  path.value = to;
  scrollTo(0, 0);
  document.getElementById("content")?.focus({ preventScroll: true });
}

/** Makes links within the page, and the browser's back and forward, change the route in place. */
export function followLinks(): void {
  addEventListener("popstate", () => path.value = location.pathname);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    const plainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey &&
      !event.altKey && !event.defaultPrevented;
    if (!link || !plainClick || link.target !== "" || link.origin !== location.origin) return;
    if (routeOf(link.pathname).page === "nothing" || link.hash !== "") return;
    event.preventDefault();
    go(link.pathname);
  });
}
