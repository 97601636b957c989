/** A small HTTP server that plays a broken node, for tests. @module */

/** What arrived: one call, or the calls of a batch. */
export interface Asked {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly id: number;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: URL;
  /** Authorization headers in the order of the requests. */
  readonly logins: readonly (string | null)[];
  /** Methods asked, batches as one text. */
  readonly methods: readonly string[];
}

/** Answers each request as `answer` says: a Response as it is, anything else as the JSON of its body. */
export function scriptedServer(
  answer: (asked: Asked | Asked[], request: Request) => unknown,
): ScriptedServer {
  const logins: (string | null)[] = [];
  const methods: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    logins.push(request.headers.get("authorization"));
    const asked = await request.json() as Asked | Asked[];
    methods.push([asked].flat().map(({ method }) => method).join("+"));
    const body = await answer(asked, request);
    return body instanceof Response ? body : Response.json(body);
  });
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}`),
    logins,
    methods,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The answers of a node that knows these methods, as Bitcoin Core frames them. */
export function answering(
  methods: Record<string, (params: readonly unknown[]) => unknown>,
): (asked: Asked | Asked[]) => unknown {
  const one = ({ method, params, id }: Asked) => {
    const known = methods[method];
    if (known === undefined) return refusal(id, -32601, "Method not found");
    const result = known(params);
    return result instanceof Refusal
      ? refusal(id, result.code, result.message)
      : { result, error: null, id };
  };
  return (asked) => Array.isArray(asked) ? asked.map(one) : one(asked);
}

/** An RPC error as a method's answer. */
export class Refusal {
  constructor(readonly code: number, readonly message: string) {}
}

function refusal(id: number, code: number, message: string) {
  return { result: null, error: { code, message }, id };
}
