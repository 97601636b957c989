/**
 * uPlot behind the few things that a chart of the page needs.
 *
 * @module
 */
import { effect } from "@preact/signals";
import uPlot from "uplot";
import { theme } from "../stored.ts";
import type { ChartProps, Line, Mark } from "./chart.tsx";

export interface Plot {
  show(props: ChartProps): void;
  /** Puts the cursor to a point; null takes it away. */
  point(index: number | null): void;
  destroy(): void;
}

const HEIGHT = 240;

/** Colours and the font, as the style sheet has them now. */
function look(place: Element) {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    colour,
    font: `12px ${style.fontFamily}`,
    ink: colour("--muted"),
    grid: colour("--line"),
  };
}

/** A plot within an element: as wide as that, drawn anew when it or the colours change. */
export function createPlot(place: HTMLElement, onPoint: (index: number | null) => void): Plot {
  let plot: uPlot | null = null;
  let props: ChartProps | null = null;

  function draw(): void {
    plot?.destroy();
    plot = null;
    if (props === null || props.at.length === 0) return;
    plot = new uPlot(options(props, place, onPoint), data(props), place);
  }

  // The browser tells of each new width once a frame; the same one is no news.
  let width = place.clientWidth;
  const sized = new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    plot?.setSize({ width, height: props?.height ?? HEIGHT });
  });
  sized.observe(place);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
  const unfollow = effect(() => {
    theme.value;
    draw();
  });

  return {
    show(next) {
      const same = props !== null && shapeOf(props) === shapeOf(next);
      props = next;
      // Newer figures of the same lines go in without a new canvas: the cursor stays where it is.
      if (plot !== null && same) plot.setData(data(next));
      else draw();
    },
    point(index) {
      if (plot === null) return;
      const left = index === null ? -10 : plot.valToPos(plot.data[0][index]!, "x");
      plot.setCursor({ left, top: index === null ? -10 : 10 });
    },
    destroy() {
      unfollow();
      dark.removeEventListener("change", draw);
      sized.disconnect();
      plot?.destroy();
    },
  };
}

/** What needs a new plot when it changes. */
function shapeOf({ lines, stepSeconds, marks, stacked }: ChartProps): string {
  const names = lines.map(({ name, colour }) => `${name} ${colour}`);
  return JSON.stringify([names, stepSeconds, stacked, marks]);
}

/** Columns for uPlot: times, then each line; bars as sums from the lowest up; then the bands' edges. */
function data({ at, lines, stacked, stepSeconds }: ChartProps): uPlot.AlignedData {
  const shift = shiftOf(stacked, stepSeconds);
  const times = at.map((text) => secondsOf(text) + shift);
  if (stacked) {
    const sums = times.map(() => 0);
    const columns = lines.map(({ values }) =>
      values.map((value, index) => sums[index]! += value ?? 0)
    );
    // The highest is drawn first, so that those below it lie in front of it.
    return [times, ...columns.reverse()];
  }
  const edges = lines.filter(({ errors }) => errors !== undefined).flatMap((line) => [
    edge(line, 1),
    edge(line, -1),
  ]);
  return [times, ...lines.map(({ values }) => [...values]), ...edges];
}

/** A bar begins where its step does; a line's point stands for its step, so it stands in its middle. */
function shiftOf(stacked: boolean | undefined, stepSeconds: number): number {
  return stacked ? 0 : stepSeconds / 2;
}

/** From the beginning of the first step to the end of the last. */
function spanOf(times: ArrayLike<number>, stepSeconds: number, shift: number): [number, number] {
  const first = times[0] ?? 0;
  const last = times[times.length - 1] ?? first;
  return [first - shift, last - shift + stepSeconds];
}

function secondsOf(text: string | undefined): number {
  return new Date(text ?? 0).getTime() / 1000;
}

function edge({ values, errors }: Line, side: 1 | -1): (number | null)[] {
  return values.map((value, index) =>
    value === null ? null : Math.max(0, value + side * (errors![index] ?? 0))
  );
}

function options(
  props: ChartProps,
  place: HTMLElement,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const { colour, font, ink, grid } = look(place);
  const { lines, stacked = false, stepSeconds } = props;
  const shift = shiftOf(stacked, stepSeconds);
  const format = props.axis ?? ((value: number) => props.format(value));
  const axis = { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const series = stacked
    ? lines.map((line) => barSeries(colour(line.colour))).reverse()
    : lines.map((line) => lineSeries(colour(line.colour)));
  const banded = lines.map((line, at) => ({ line, at })).filter(({ line }) => line.errors);
  const hidden = banded.flatMap(() => [{ show: true, width: 0, points: { show: false } }, {
    show: true,
    width: 0,
    points: { show: false },
  }]);
  return {
    width: place.clientWidth,
    height: props.height ?? HEIGHT,
    legend: { show: false },
    padding: [12, 24, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: !stacked } },
    scales: {
      // To the end of the last step: what happened in it lies within.
      x: { range: ({ data: [times] }) => spanOf(times, stepSeconds, shift) },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    series: [{}, ...series, ...hidden],
    bands: stacked ? [] : banded.map(({ line }, n) => ({
      series: [lines.length + 1 + 2 * n, lines.length + 2 + 2 * n],
      fill: translucent(colour(line.colour), 0.18),
    })),
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 32,
        space: 72,
        values: (_, splits) => timeTexts(splits),
      },
      {
        ...axis,
        size: (_, values) => 14 + 7 * Math.max(4, ...(values ?? []).map((text) => text.length)),
        space: 44,
        values: (_, splits) => splits.map((split) => split === 0 ? "0" : format(split)),
      },
    ],
    hooks: {
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, props.marks ?? [], colour("--accent"))],
    },
  };
}

function lineSeries(stroke: string): uPlot.Series {
  return {
    stroke,
    width: 2,
    paths: uPlot.paths.spline!(),
    // A young pool's first minutes are no line yet.
    points: { show: (plot, at) => isSparse(plot.data[at]!), size: 6, fill: stroke, width: 0 },
    spanGaps: false,
  };
}

/** Fewer points than a line needs to be seen. */
function isSparse(values: ArrayLike<number | null | undefined>): boolean {
  return Array.from(values).filter((value) => value != null).length <= 3;
}

function barSeries(fill: string): uPlot.Series {
  return {
    fill,
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [0.8, 24], align: 1 }),
  };
}

/** Clock times within a day, dates beyond, by the visitor's locale. */
function timeTexts(splits: number[]): string[] {
  const stepSeconds = (splits[1] ?? 0) - (splits[0] ?? 0);
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  return splits.map((split) => {
    const at = new Date(split * 1000);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0;
    return stepSeconds >= 86_400 || midnight ? date.format(at) : clock.format(at);
  });
}

/** Blocks: a small diamond at the top, and a fine line down. */
function drawMarks(plot: uPlot, marks: readonly Mark[], colour: string): void {
  const { ctx, bbox } = plot;
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = colour;
  ctx.strokeStyle = translucent(colour, 0.35);
  ctx.lineWidth = devicePixelRatio;
  for (const { at } of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - size);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + size);
    ctx.lineTo(x - size, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}

/** A colour of the style sheet, #rrggbb there, let through. */
function translucent(colour: string, part: number): string {
  return `${colour}${Math.round(part * 255).toString(16).padStart(2, "0")}`;
}
