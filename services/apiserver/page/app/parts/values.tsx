/**
 * Whatever JSON the books keep, in a form that can be read.
 *
 * @module
 */

type Value = null | boolean | number | string | readonly Value[] | {
  readonly [name: string]: Value;
};

export function Values({ of }: { of: unknown }) {
  return <div class="values">{shown(of as Value)}</div>;
}

function shown(value: Value) {
  if (value === null) return <span class="muted">none</span>;
  if (Array.isArray(value)) return <List rows={value} />;
  if (typeof value === "object") {
    return (
      <dl>
        {Object.entries(value).map(([name, inner]) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>{shown(inner)}</dd>
          </div>
        ))}
      </dl>
    );
  }
  return <span class="code breaks">{String(value)}</span>;
}

/** Things of one kind are a table, single values stand in a row. */
function List({ rows }: { rows: readonly Value[] }) {
  const first = rows[0];
  if (first === undefined) return <span class="muted">none</span>;
  if (first === null || typeof first !== "object" || Array.isArray(first)) {
    return <span class="code breaks">{rows.map((row) => JSON.stringify(row)).join(", ")}</span>;
  }
  const names = Object.keys(first);
  return (
    <div class="scroll" role="group" tabIndex={0} aria-label={names.map(words).join(", ")}>
      <table>
        <thead>
          <tr>{names.map((name) => <th key={name} scope="col">{words(name)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {names.map((name) => (
                <td key={name}>{shown((row as { [name: string]: Value })[name] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `feeBasisPoints` and `fee_basis_points` as "fee basis points". */
function words(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();
}
