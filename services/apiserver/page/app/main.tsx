import { render } from "preact";
import { signal } from "@preact/signals";
import uPlot from "uplot";
import encodeQR from "qr";
import type { GetPoolResponseJson } from "@gopool/proto/api";
const n = signal(0);
const p: GetPoolResponseJson = {};
function App() { return <p onClick={() => n.value++}>{n} {p.name} {encodeQR("x", "svg")} {String(uPlot)}</p>; }
render(<App />, document.body);
