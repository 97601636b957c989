/**
 * What every page is made of: sections with their heading in the margin, facts, notices.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import type { FreshnessJson } from "@gopool/proto/api";
import { Boundary } from "./boundary.tsx";
import type { Loaded } from "../load.ts";

/** A part of a page. Its heading stands in the margin where there is room. */
export function Section({ id, title, note, tools, children }: {
  id: string;
  title: string;
  note?: ComponentChildren;
  /** Beside the heading, as a choice of ranges. */
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section" aria-labelledby={id}>
      <header class="margin">
        <h2 id={id}>{title}</h2>
        {note && <p class="note">{note}</p>}
        {tools}
      </header>
      <div class="body">
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}

export interface FactRow {
  readonly name: string;
  readonly value: ComponentChildren;
  /** Small, below. */
  readonly note?: ComponentChildren;
}

/** Names and figures, in as many columns as fit. */
export function Facts({ rows, label }: { rows: readonly FactRow[]; label?: string }) {
  return (
    <dl class="facts" aria-label={label}>
      {rows.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span class="value">{value}</span>
            {note && <span class="note">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Something to know that is no figure. */
export function Notice({ kind = "plain", children }: {
  kind?: "plain" | "warning" | "bad" | "good";
  children: ComponentChildren;
}) {
  return (
    <div class={`notice ${kind}`} role={kind === "plain" ? undefined : "status"}>{children}</div>
  );
}

/** What is missing or old in an answer, in the API's own sentences. */
export function Stale({ freshness }: { freshness: FreshnessJson | undefined }) {
  if (!freshness?.stale) return null;
  const why = freshness.missing?.map((one) => one.why ?? "").filter((one) => one !== "") ?? [];
  return (
    <p class="stale" role="status">
      {why.length > 0
        ? `${why.join(" ")} What is missing is shown as –.`
        : "These figures are older than they should be."}
    </p>
  );
}

/** A part while it is loaded, where it failed, and where it is there. Old figures stay, and are said to be old. */
export function Part<T>({ of, lines = 4, children }: {
  of: Loaded<T>;
  /** Room to keep while it is loaded. */
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  const { data, error } = of;
  if (data === null && error === null) {
    return (
      <div class="waiting" role="status">
        <span class="unseen">Loading</span>
        {Array.from({ length: lines }, (_, at) => <span key={at} class="bar" />)}
      </div>
    );
  }
  return (
    <>
      {error !== null && (
        <Notice kind={data === null ? "bad" : "warning"}>
          <p>
            {error.message}
            {data !== null && " What is shown is what it said last."}
          </p>
        </Notice>
      )}
      {data !== null && (
        <>
          <Stale freshness={(data as { freshness?: FreshnessJson }).freshness} />
          {children(data)}
        </>
      )}
    </>
  );
}

/** One of a few, chosen by a click or with the arrow keys. */
export function Choice<T extends string>({ label, options, value, onChoose }: {
  label: string;
  options: readonly (readonly [value: T, name: string])[];
  /** Null: none yet. */
  value: T | null;
  onChoose: (value: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{label}</legend>
      {options.map(([option, name]) => (
        <label key={option}>
          <input
            type="radio"
            name={label}
            value={option}
            checked={option === value}
            onChange={() => onChoose(option)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
