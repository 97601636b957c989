/**
 * Whatever JSON the books keep, in a form that can be read: names of the way to each value, lists of things as tables.
 *
 * @module
 */

type Single = null | boolean | number | string;
type Value = Single | readonly Value[] | { readonly [name: string]: Value };
type Thing = { readonly [name: string]: Value };

/** A value, or a list of things with the same names, and how one gets there. */
interface Row {
  readonly name: string;
  readonly value: Single | readonly Thing[];
}

export function Values({ of }: { of: unknown }) {
  return (
    <dl class="lines narrow values">
      {rowsOf(of as Value, []).map(({ name, value }) => (
        <div key={name} class={Array.isArray(value) ? "many" : undefined}>
          <dt>{name}</dt>
          <dd>
            {Array.isArray(value)
              ? <Things name={name} rows={value} />
              : <One value={value as Single} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function rowsOf(value: Value, way: readonly string[]): Row[] {
  const name = way.join(", ");
  if (isSingle(value)) return [{ name, value }];
  if (!Array.isArray(value)) {
    return Object.entries(value).flatMap(([next, inner]) => rowsOf(inner, [...way, words(next)]));
  }
  if (value.every(isSingle)) return [{ name, value: value.length === 0 ? null : value.join(", ") }];
  if (value.every(isFlat)) return [{ name, value }];
  return value.flatMap((inner, at) => rowsOf(inner, [...way, String(at + 1)]));
}

function isSingle(value: Value): value is Single {
  return value === null || typeof value !== "object";
}

function isFlat(value: Value): value is Thing {
  return !isSingle(value) && !Array.isArray(value) && Object.values(value).every(isSingle);
}

function One({ value }: { value: Single }) {
  if (value === null || value === "") return <span class="muted">none</span>;
  if (typeof value === "boolean") return <span>{value ? "yes" : "no"}</span>;
  return <span class="code breaks">{String(value)}</span>;
}

function Things({ name, rows }: { name: string; rows: readonly Thing[] }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <div class="scroll" role="group" tabIndex={0} aria-label={name}>
      <table>
        <thead>
          <tr>{names.map((one) => <th key={one} scope="col">{words(one)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {names.map((one) => (
                <td key={one}>
                  <One value={(row[one] ?? null) as Single} />
                </td>
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
