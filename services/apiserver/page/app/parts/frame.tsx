/**
 * What stands around every page: name, ways, search, theme.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import type { GetPoolResponseJson } from "@gopool/proto/api";
import { go, minerPath, path, routeOf } from "../route.ts";
import { chooseTheme, recentMiners, type Theme, theme } from "../stored.ts";
import { Choice } from "./layout.tsx";

const WAYS = [["/", "Overview"], ["/blocks", "Blocks"], ["/payouts", "Payouts"], [
  "/connect",
  "Connect",
]] as const;

export function Frame({ pool, offline, children }: {
  pool: GetPoolResponseJson | null;
  offline: boolean;
  children: ComponentChildren;
}) {
  const network = pool?.network ?? "";
  return (
    <>
      <a class="skip" href="#content">Skip to the figures</a>
      <header class="top">
        <div class="inner">
          <a class="brand" href="/">
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <path d="M3 12.500c4.300-4 8.700-4 13 0s8.700 4 13 0" />
              <path class="second" d="M3 21.500c4.300-4 8.700-4 13 0s8.700 4 13 0" />
            </svg>
            <span>{pool?.name || "Mining pool"}</span>
          </a>
          {network !== "" && network !== "main" && (
            <span class="chip" title="Coins of this network are worth nothing">{network}</span>
          )}
          <nav aria-label="Pages">
            {WAYS.map(([to, name]) => (
              <a key={to} href={to} aria-current={isAt(to) ? "page" : undefined}>{name}</a>
            ))}
          </nav>
          <Search />
        </div>
      </header>
      {offline && (
        <p class="offline" role="status">
          No connection. Figures stand still until it is back.
        </p>
      )}
      <main id="content" tabIndex={-1}>{children}</main>
      <footer class="bottom">
        <div class="inner">
          <p>
            Hashrates are estimated from shares, which come by chance: each has its standard error
            beside it. Every figure is also at <a href="/docs">the API</a>.
          </p>
          <Choice<Theme>
            label="Colours"
            options={[["system", "As the system"], ["light", "Light"], ["dark", "Dark"]]}
            value={theme.value}
            onChoose={chooseTheme}
          />
        </div>
      </footer>
    </>
  );
}

function isAt(to: string): boolean {
  const { page } = routeOf(path.value);
  if (to === "/") return page === "overview";
  return page === to.slice(1) || (page === "block" && to === "/blocks");
}

/** What an address can look like: the API says whether it is one. */
const ADDRESS = /^[A-Za-z0-9]{14,100}$/;

/** By address, with those that were looked at before. A second one on a page needs an id of its own. */
export function Search({ id = "search" }: { id?: string }) {
  const wrong = useSignal("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const field = form.elements.namedItem("address") as HTMLInputElement;
    // Miners paste "address.worker" as often as the address.
    const address = field.value.trim().split(".")[0]!;
    if (!ADDRESS.test(address)) {
      wrong.value = address === ""
        ? "Enter the address that you mine with."
        : "That is no address: letters and digits, as bc1q…";
      field.focus();
      return;
    }
    wrong.value = "";
    field.value = "";
    field.blur();
    go(minerPath(address));
  };
  return (
    <form
      class="search"
      role="search"
      aria-label={id === "search" ? "Miner" : "Your miner"}
      onSubmit={submit}
      noValidate
    >
      <label class="unseen" for={id}>Your address</label>
      <input
        id={id}
        name="address"
        type="search"
        placeholder="Your address"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        list={`${id}-recent`}
        aria-invalid={wrong.value !== ""}
        aria-describedby={wrong.value === "" ? undefined : `${id}-wrong`}
        onInput={() => wrong.value = ""}
      />
      <datalist id={`${id}-recent`}>
        {recentMiners.value.map((address) => <option key={address} value={address} />)}
      </datalist>
      <button type="submit">Look up</button>
      {wrong.value !== "" && <p id={`${id}-wrong`} class="wrong" role="alert">{wrong.value}</p>}
    </form>
  );
}
