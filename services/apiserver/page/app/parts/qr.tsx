/**
 * A text for a camera.
 *
 * @module
 */
import { useMemo } from "preact/hooks";
import encodeQR from "qr";

/** Modules of white around it: a reader needs four (ISO/IEC 18004). */
const QUIET = 4;

/** Dark on white in either theme: many readers do not know it the other way round. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => drawn(text), [text]);
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}

function drawn(text: string): { size: number; path: string } {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const path = rows.flatMap((row, y) =>
    row.flatMap((dark, x) => dark ? [`M${x} ${y}h1v1h-1z`] : [])
  ).join("");
  return { size: rows.length, path };
}
