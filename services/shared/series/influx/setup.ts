/**
 * What is made on the server before the first line: databases with how long they keep rows, and every table with its tags
 * and types, so that a question finds them, and nobody's first line decides a type.
 *
 * @module
 */
import { SeriesNotOpened } from "../options.ts";
import { SeriesUnavailable } from "../port.ts";
import type { InfluxServer } from "./server.ts";
import { type Place, type Places, tablesOf } from "./tables.ts";

type Server = Pick<InfluxServer, "call" | "name">;

/**
 * Makes what is missing, and sets how long each database keeps rows.
 *
 * @param keepsForTime False: no retention at all, for tests whose time is not the server's.
 * @throws {SeriesUnavailable} @throws {SeriesNotOpened} The server refuses: its words say why.
 */
export async function setUp(server: Server, places: Places, keepsForTime: boolean): Promise<void> {
  for (const [database, keptMs] of places.databases) {
    const period = keepsForTime && keptMs !== null ? `${Math.ceil(keptMs / 3_600_000)}h` : null;
    const made = await post(server, "database", {
      db: database,
      ...(period === null ? {} : { retention_period: period }),
    });
    if (made || !keepsForTime) continue;
    const where = `/api/v3/configure/database/retention_period?db=${encodeURIComponent(database)}`;
    const { status, body } = period === null
      ? await server.call("DELETE", where)
      : await server.call("POST", `${where}&duration=${period}`);
    if (status >= 300) throw refusal(server, status, body);
  }
  await Promise.all(tablesOf(places).map((place) => makeTable(server, place)));
}

async function makeTable(server: Server, { database, table }: Place): Promise<void> {
  await post(server, "table", {
    db: database,
    table: table.name,
    tags: table.tags,
    fields: Object.entries(table.fields).map(([name, type]) => ({ name, type })),
  });
}

/** False: it is there already. */
async function post(server: Server, what: string, asked: unknown): Promise<boolean> {
  const { status, body } = await server.call(
    "POST",
    `/api/v3/configure/${what}`,
    JSON.stringify(asked),
  );
  if (status === 409) return false;
  if (status >= 300) throw refusal(server, status, body);
  return true;
}

function refusal({ name }: Server, status: number, body: string): Error {
  if (status === 401 || status === 403) return new SeriesUnavailable(`${name} refuses the token`);
  if (status === 422) {
    return new SeriesNotOpened(
      `${name} makes no more databases or tables: ${body}. The statistics need up to five databases of their own`,
    );
  }
  return new SeriesUnavailable(`${name} cannot be set up: ${status} ${body}`);
}
