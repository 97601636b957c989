/**
 * What the browser remembers for its visitor, and nobody else hears of.
 *
 * @module
 */
import { signal } from "@preact/signals";

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Storage is shut off: it holds until the page is closed.
  }
}

export type Theme = "system" | "light" | "dark";

function storedTheme(): Theme {
  const found = read("theme");
  return found === "light" || found === "dark" ? found : "system";
}

/** The theme that was chosen. */
export const theme = signal<Theme>(storedTheme());

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  write("theme", chosen === "system" ? null : chosen);
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}

/** Miners that were looked at, the newest first; so many are kept. */
const MINERS_KEPT = 5;

function storedMiners(): string[] {
  try {
    const found = JSON.parse(read("miners") ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export const recentMiners = signal<readonly string[]>(storedMiners());

export function rememberMiner(address: string): void {
  const others = recentMiners.value.filter((one) => one !== address);
  recentMiners.value = [address, ...others].slice(0, MINERS_KEPT);
  write("miners", JSON.stringify(recentMiners.value));
}

export function forgetMiners(): void {
  recentMiners.value = [];
  write("miners", null);
}
