/**
 * The PostgreSQL that the tests of one run share, by GOPOOL_TEST_POSTGRES.
 *
 * @module
 */
export const POSTGRES_VARIABLE = "GOPOOL_TEST_POSTGRES";

/** The URL of a server on which databases may be made: postgres://USER:PASSWORD@HOST:PORT/postgres. */
export function testPostgres(): Promise<string> {
  const given = Deno.env.get(POSTGRES_VARIABLE);
  if (!given) throw new Error(`${POSTGRES_VARIABLE} is not set`);
  return Promise.resolve(given);
}
