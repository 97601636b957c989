/** That the stand-in answers as the server whose place it takes: statuses and words as seen on InfluxDB 3 Core 3.6. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startInflux, testInflux, testInfluxPython } from "./mod.ts";

const python = await testInfluxPython();
const place = await testInflux();
const NS = 1_700_000_000_000_000_000n;
const BOUNDS = "time >= '2023-11-01T00:00:00Z' AND time < '2023-12-01T00:00:00Z'";

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Speaks plain HTTP with the server, on a database that is dropped at the end. */
function test(promise: string, body: (on: Speaker) => Promise<void>) {
  Deno.test({
    name: `InfluxDB 3 (${place?.name ?? "none"}): ${promise}`,
    ignore: place === null,
    fn: async () => {
      const speaker = new Speaker(`gopool_test_${crypto.randomUUID().slice(0, 8)}`);
      try {
        await body(speaker);
      } finally {
        await place!.drop(speaker.database);
      }
    },
  });
}

class Speaker {
  constructor(readonly database: string) {}

  async ask(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
  ): Promise<Answer> {
    const response = await fetch(place!.url.replace(/^influx/, "http") + path, {
      method,
      headers: {
        "content-type": "application/json",
        ...(body instanceof Uint8Array ? { "content-encoding": "gzip" } : {}),
        ...(place!.token === undefined ? {} : { authorization: `Bearer ${place!.token}` }),
      },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: await response.text() };
  }

  v2(lines: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
    return this.ask("POST", `/api/v2/write?bucket=${this.database}&precision=ns`, lines);
  }

  v3(lines: string, more = ""): Promise<Answer> {
    return this.ask(
      "POST",
      `/api/v3/write_lp?db=${this.database}&precision=nanosecond${more}`,
      lines,
    );
  }

  async rows(sql: string, params: Record<string, string> = {}): Promise<unknown> {
    const asked = JSON.stringify({ db: this.database, q: sql, format: "json", params });
    const { status, body } = await this.ask("POST", "/api/v3/query_sql", asked);
    return status === 200 ? JSON.parse(body) : `${status} ${body}`;
  }

  configure(method: string, what: string, asked?: unknown): Promise<Answer> {
    const body = asked === undefined ? undefined : JSON.stringify(asked);
    return this.ask(method, `/api/v3/configure/${what}`, body);
  }
}

test("the same table, tags and time are one row, and fields are merged", async (on) => {
  assertEquals(await on.v2(`t,w=a\\ b f=1,n=1i ${NS}`), { status: 204, body: "" });
  assertEquals((await on.v2(`t,w=a\\ b f=2 ${NS}\nt,w=c\\,d n=5i ${NS}`)).status, 204);
  assertEquals(await on.rows(`SELECT w, f, n FROM t WHERE ${BOUNDS} ORDER BY w`), [
    { w: "a b", f: 2, n: 1 },
    { w: "c,d", n: 5 },
  ]);
  const sql = `SELECT count(*) AS c FROM t WHERE ${BOUNDS} AND w = $w`;
  assertEquals(await on.rows(sql, { w: "c,d" }), [{ c: 1 }]);
});

test("v2 stores all or nothing, v3 the good lines, and it names the bad ones", async (on) => {
  await on.v2(`t,w=a f=1 ${NS}`);
  const lines = `t,w=b f=1 ${NS}\nt,w=c f=1i ${NS}\nt,w=d f=NaN ${NS}`;
  const refused = await on.v2(lines);
  assertEquals(refused.status, 400);
  assertEquals(JSON.parse(refused.body).code, "invalid");
  assertEquals((await on.v3(lines, "&accept_partial=false")).status, 400);
  const count = `SELECT count(*) AS c FROM t WHERE ${BOUNDS}`;
  assertEquals(await on.rows(count), [{ c: 1 }]);
  const partial = await on.v3(lines);
  assertEquals(partial.status, 400);
  const { error, data } = JSON.parse(partial.body);
  assertEquals(error, "partial write of line protocol occurred");
  assertEquals(data.map((one: { line_number: number }) => one.line_number), [2, 3]);
  assertStringIncludes(
    data[0].error_message,
    "invalid column type for column 'f', expected iox::column_type::field::float",
  );
  assertEquals(await on.rows(count), [{ c: 2 }]);
});

test("bodies come compressed, and none with more than 10 MiB", async (on) => {
  const zip = async (text: string) =>
    new Uint8Array(
      await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")))
        .arrayBuffer(),
    );
  assertEquals((await on.v2(await zip(`t,w=a f=1 ${NS}`))).status, 204);
  assertEquals(
    (await on.v2(await zip(`t,w=${"a".repeat(100)} f=1 ${NS}\n`.repeat(100_000)))).status,
    413,
  );
  assertEquals((await on.v2("# nothing")).status, 400);
});

test("what is not there is told in the words by which it is known", async (on) => {
  const sql = `SELECT count(*) FROM nope WHERE ${BOUNDS}`;
  assertStringIncludes(String(await on.rows(sql)), "database not found");
  await on.v2(`t,w=a f=1 ${NS}`);
  assertStringIncludes(String(await on.rows(sql)), "table 'public.iox.nope' not found");
  assertStringIncludes(String(await on.rows(`SELECT q FROM t WHERE ${BOUNDS}`)), "No field named");
});

test("databases and tables are made, and told to be there already", async (on) => {
  const { database } = on;
  assertEquals(
    (await on.configure("POST", "database", { db: database, retention_period: "1h" })).status,
    200,
  );
  assertEquals((await on.configure("POST", "database", { db: database })).status, 409);
  const fields = [{ name: "f", type: "float64" }, { name: "n", type: "int64" }, {
    name: "s",
    type: "utf8",
  }];
  const table = { db: database, table: "t", tags: ["w"], fields };
  assertEquals((await on.configure("POST", "table", table)).status, 200);
  assertEquals((await on.configure("POST", "table", table)).status, 409);
  assertEquals(await on.rows(`SELECT w FROM t WHERE ${BOUNDS}`), []);
  // Older than the hour that is kept: taken, and never seen.
  assertEquals((await on.v2(`t,w=a f=1,n=1i,s="x" ${NS}`)).status, 204);
  assertEquals(await on.rows(`SELECT w FROM t WHERE ${BOUNDS}`), []);
  const retention = `database/retention_period?db=${database}`;
  assertEquals((await on.configure("DELETE", retention)).status, 204);
  assertEquals((await on.configure("POST", `${retention}&duration=96h`)).status, 204);
});

// What would never be done to a real server, or is not to be seen on one.
Deno.test({
  name:
    "InfluxDB 3's stand-in: what bricks the real server is refused, and makes every later question fail",
  ignore: python === null,
  fn: async () => {
    for (const line of ["t,w=a,w=b f=1 1", "t,w=x\\y f=1 1"]) {
      await using server = await startInflux(python!);
      const http = server.url.replace(/^influx/, "http");
      const answer = await fetch(`${http}/api/v2/write?bucket=p`, { method: "POST", body: line });
      assertEquals(answer.status, 400);
      await answer.body?.cancel();
      const asked = JSON.stringify({ db: "p", q: "SELECT 1" });
      const question = await fetch(`${http}/api/v3/query_sql`, { method: "POST", body: asked });
      assertStringIncludes(await question.text(), "poisoned");
    }
  },
});

Deno.test({
  name:
    "InfluxDB 3's stand-in: every path wants the token, and a kill takes nothing that was answered",
  ignore: python === null,
  fn: async () => {
    await using server = await startInflux(python!, { token: "t" });
    const http = server.url.replace(/^influx/, "http");
    const headers = { authorization: "Bearer t" };
    const status = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(http + path, init);
      await answer.body?.cancel();
      return answer.status;
    };
    assertEquals(await status("/health"), 401);
    assertEquals(await status("/health", { headers }), 200);
    assertEquals(await status("/health", { headers: { authorization: "t" } }), 400);
    const write = "/api/v2/write?bucket=p";
    assertEquals(await status(write, { method: "POST", body: "t f=1 1", headers }), 204);
    await server.kill();
    await server.restart();
    const asked = JSON.stringify({
      db: "p",
      q: "SELECT f FROM t WHERE time < '1970-01-02T00:00:00Z'",
    });
    const answer = await fetch(`${http}/api/v3/query_sql`, {
      method: "POST",
      body: asked,
      headers,
    });
    assertEquals(await answer.json(), [{ f: 1 }]);
  },
});
