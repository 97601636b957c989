/**
 * The routes that dashboards and widgets made for public-pool ask for, in the shapes that it serves, read-only. What
 * they show is this pool's own: the figures of /api/v1.
 *
 * @module
 */
import { AddressError } from "@gopool/chain";
import { accountOf } from "../public/accounts.ts";
import { partsOf, type PublicDeps } from "../public/deps.ts";
import { isAway, PartsAway } from "../public/parts.ts";
import { clientOf, workerGroupOf, workerSessionOf } from "./client_answers.ts";
import { NAME_MAX_LENGTH } from "./limits.ts";
import { bestSharesOf, infoOf, networkOf, poolOf, slotsOf } from "./pool_answers.ts";

export type * from "./shapes.ts";

/** Null: none of these routes; somebody else's, perhaps. */
export type Compat = (request: Request) => Promise<Response | null>;

type Handler = (names: readonly string[]) => Promise<unknown>;

/** What the caller did wrong, and how HTTP says it. */
class Refused extends Error {
  override name = "Refused";
  constructor(readonly status: 400 | 404, message: string) {
    super(message);
  }
}

/** @param deps As the public answers'. The time of this call is what "uptime" counts from. */
export function createCompat(deps: PublicDeps): Compat {
  const startedMs = deps.clock.now();
  const routes = routesOf(deps, startedMs);
  return async (request) => {
    const { pathname } = new URL(request.url);
    const route = routes.find(({ pattern }) => pattern.test(pathname));
    if (route === undefined) return null;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return errorOf(405, "These routes can only be read: use GET", { allow: "GET, HEAD" });
    }
    try {
      const [, ...names] = route.pattern.exec(pathname)!;
      const answer = await route.answer(names.map(plain));
      return Response.json(answer);
    } catch (error) {
      return toldOf(error);
    }
  };

  /** A store that is away is a matter of waiting; anything else is a fault, which whoever serves this logs. */
  function toldOf(error: unknown): Response {
    if (error instanceof Refused) return errorOf(error.status, error.message);
    if (error instanceof AddressError) return errorOf(400, error.message);
    if (!isAway(error) && !(error instanceof PartsAway)) throw error;
    partsOf(deps).onAway("statistics", error);
    return errorOf(503, "Statistics cannot be read now: ask again later", { "retry-after": "5" });
  }
}

/** In the original's order: "chart" is the chart of an address, not a worker. */
function routesOf(
  deps: PublicDeps,
  startedMs: number,
): readonly { readonly pattern: RegExp; readonly answer: Handler }[] {
  const account = (address: string) => accountOf(address, deps.network);
  const shares = bestSharesOf(deps.series);
  return [
    { pattern: /^\/api\/info$/, answer: () => infoOf(deps, shares, startedMs) },
    { pattern: /^\/api\/info\/chart$/, answer: () => slotsOf(deps, { kind: "pool" }) },
    { pattern: /^\/api\/pool$/, answer: () => poolOf(deps) },
    { pattern: /^\/api\/network$/, answer: () => networkOf(deps) },
    {
      pattern: /^\/api\/client\/([^/]+)$/,
      answer: ([address]) => clientOf(deps, account(address!)),
    },
    {
      pattern: /^\/api\/client\/([^/]+)\/chart$/,
      answer: ([address]) => slotsOf(deps, { kind: "account", account: account(address!) }),
    },
    {
      pattern: /^\/api\/client\/([^/]+)\/([^/]+)$/,
      answer: ([address, name]) => workerGroupOf(deps, account(address!), name!),
    },
    {
      pattern: /^\/api\/client\/([^/]+)\/([^/]+)\/([^/]+)$/,
      answer: async ([address, name, session]) => {
        const found = await workerSessionOf(deps, account(address!), name!, session!);
        if (found === null) throw new Refused(404, "No worker of that name has such a session");
        return found;
      },
    },
  ];
}

/** A part of a path as text. @throws {Refused} */
function plain(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    throw new Refused(
      400,
      `${JSON.stringify(part)} cannot be read: it is not percent-encoded text`,
    );
  }
  if (text.length <= NAME_MAX_LENGTH) return text;
  throw new Refused(
    400,
    `A name has at most ${NAME_MAX_LENGTH} characters, this has ${text.length}`,
  );
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  503: "Service Unavailable",
};

/** As the original's framework says errors (NestJS, HttpException). */
function errorOf(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ statusCode: status, message, error: REASONS[status] }, {
    status,
    // Somebody on the way may keep a 404 that says nothing of it (RFC 9111, section 4.2.2).
    headers: { "cache-control": "no-store", ...headers },
  });
}
