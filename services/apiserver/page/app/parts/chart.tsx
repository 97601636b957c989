/**
 * Charts over time: uPlot in the page's colours, read with pointer, arrow keys and screen reader, with the same
 * figures as a table below.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { exact, moment, stepText } from "../times.ts";
import { createPlot, type Plot } from "./plot.ts";

export interface Line {
  readonly name: string;
  /** A colour of the style sheet: `--series-1` and so on. */
  readonly colour: string;
  /** One for each time; null where nothing is known. */
  readonly values: readonly (number | null)[];
  /** One standard error each, drawn as a band. */
  readonly errors?: readonly number[];
}

export interface Mark {
  /** Seconds since the Unix epoch. */
  readonly at: number;
  readonly text: string;
}

export interface ChartProps {
  /** What it shows, as "Hashrate of the pool". */
  readonly label: string;
  /** RFC 3339, ascending. */
  readonly at: readonly string[];
  readonly stepSeconds: number;
  readonly lines: readonly Line[];
  /** Bars, one on the other, in place of lines. */
  readonly stacked?: boolean;
  readonly marks?: readonly Mark[];
  readonly format: (value: number, error?: number) => string;
  /** Short, for the axis; absent: as `format`. */
  readonly axis?: (value: number) => string;
  readonly height?: number;
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const at = useSignal<number | null>(null);
  const last = lastKnown(props);

  useEffect(() => {
    plot.current = createPlot(place.current!, (index) => at.value = index);
    return () => plot.current?.destroy();
  }, []);
  useEffect(() => plot.current?.show(props), [props]);

  const shown = at.value === null || at.value >= props.at.length ? last : at.value;
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(props.at.length - 1, Math.max(0, shown + step));
    at.value = next;
    plot.current?.point(next);
  };
  const says = shown < 0 ? "Nothing yet" : saysAt(props, shown);
  return (
    <figure class="chart">
      <figcaption>
        <span class="legend">
          {props.lines.length > 1 && props.lines.map(({ name, colour }) => (
            <span key={name}>
              <i class={`swatch ${colour.slice(2)}`} aria-hidden="true" />
              {name}
            </span>
          ))}
        </span>
        <output class="readout">{says}</output>
      </figcaption>
      <div
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, props.at.length - 1)}
        aria-valuenow={Math.max(0, shown)}
        aria-valuetext={says}
        onKeyDown={move}
        onBlur={() => {
          at.value = null;
          plot.current?.point(null);
        }}
        ref={place}
      />
      <Figures {...props} />
    </figure>
  );
}

/** The index of the newest point that has a figure; -1 where none has. */
function lastKnown({ at, lines }: ChartProps): number {
  for (let index = at.length - 1; index >= 0; index--) {
    if (lines.some(({ values }) => values[index] != null)) return index;
  }
  return -1;
}

function timeOf({ at, stepSeconds }: ChartProps, index: number): string {
  const date = moment(at[index]);
  return date === null ? "" : stepText(date, stepSeconds);
}

/** One point in words. */
function saysAt(props: ChartProps, index: number): string {
  const figures = props.lines.flatMap(({ name, values, errors }) => {
    const value = values[index];
    if (value == null || (props.stacked && value === 0 && props.lines.length > 1)) return [];
    const text = props.format(value, errors?.[index]);
    return [props.lines.length > 1 ? `${name} ${text}` : text];
  });
  const marks = marksText(props, index);
  const words = [...(figures.length === 0 ? ["none"] : figures), ...(marks === "" ? [] : [marks])];
  return `${timeOf(props, index)}: ${words.join(", ")}`;
}

function marksAt({ at, marks = [], stepSeconds }: ChartProps, index: number): Mark[] {
  const from = (moment(at[index])?.getTime() ?? 0) / 1000;
  return marks.filter((mark) => mark.at >= from && mark.at < from + stepSeconds);
}

/** Marks of a step by name, or how many where they are many. */
function marksText(props: ChartProps, index: number): string {
  const marks = marksAt(props, index);
  if (marks.length > 2) return `${marks.length} blocks`;
  return marks.map(({ text }) => text).join(", ");
}

/** The chart as a table, for whoever cannot see it or wants the figures. */
function Figures(props: ChartProps) {
  const open = useSignal(false);
  const rows = props.at.map((_, index) => index).reverse();
  return (
    <details onToggle={(event) => open.value = event.currentTarget.open}>
      <summary>The figures as a table</summary>
      {open.value && (
        <div class="scroll tall" role="group" tabIndex={0} aria-label={`${props.label}, figures`}>
          <table>
            <caption class="unseen">{props.label}</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                {props.lines.map(({ name }) => (
                  <th key={name} scope="col" class="right">{name}</th>
                ))}
                {props.marks && <th scope="col">Blocks</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map((index) => (
                <tr key={props.at[index]}>
                  <td title={exact(new Date(props.at[index]!))}>{timeOf(props, index)}</td>
                  {props.lines.map(({ name, values, errors }) => (
                    <td key={name} class="right">
                      {values[index] == null ? "–" : props.format(values[index]!, errors?.[index])}
                    </td>
                  ))}
                  {props.marks && <td>{marksText(props, index)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
