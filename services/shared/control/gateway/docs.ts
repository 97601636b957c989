/**
 * The API's description for programs (`/api/openapi.json`) and for people (`/docs`): Swagger UI from node_modules,
 * without a request to anybody else.
 *
 * @module
 */
import type { OpenApi } from "./openapi/document.ts";

/** Answers some paths; null for all others. */
export interface Docs {
  readonly name: "docs";
  has(path: string): boolean;
  fetch(request: Request): Promise<Response | null>;
}

/** What one path answers with. */
interface Page {
  readonly type: string;
  /** Called once, for the first request. */
  readonly text: () => Promise<string> | string;
  /** How long a browser need not ask again. */
  readonly maxAge: number;
}

/** A page whose text is there, packed as well. */
interface ReadyPage {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** Nothing from anywhere but here; the library writes styles into elements, and draws with images in its styles. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The document's place; what the gateway says of unknown paths names it. */
export const DOCUMENT_PATH = "/api/openapi.json";

/** @param document Written anew only at a start: it is kept as text. */
export function createDocs(document: OpenApi): Docs {
  const pages: Readonly<Record<string, Page>> = {
    [DOCUMENT_PATH]: {
      type: "application/json",
      text: () => JSON.stringify(document),
      maxAge: 300,
    },
    "/docs": { type: "text/html; charset=utf-8", text: () => htmlOf(document), maxAge: 300 },
    "/docs/start.js": { type: "text/javascript; charset=utf-8", text: () => START, maxAge: 300 },
    // As text, in the module graph: reading it needs no permission.
    "/docs/swagger-ui.js": {
      type: "text/javascript; charset=utf-8",
      text: async () =>
        (await import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } })).default,
      maxAge: 86_400,
    },
    "/docs/swagger-ui.css": {
      type: "text/css; charset=utf-8",
      text: async () =>
        (await import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } })).default,
      maxAge: 86_400,
    },
  };
  const ready = new Map<string, Promise<ReadyPage>>();
  return {
    name: "docs",
    has: (path) => Object.hasOwn(pages, path) || path === "/docs/",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const path = pathname === "/docs/" ? "/docs" : pathname;
      if (!Object.hasOwn(pages, path)) return null;
      if (request.method !== "GET" && request.method !== "HEAD") {
        return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
      }
      const page = ready.getOrInsertComputed(path, () => prepared(pages[path]!));
      return answerOf(request, await page);
    },
  };
}

async function prepared({ type, text, maxAge }: Page): Promise<ReadyPage> {
  const plain = new TextEncoder().encode(await text());
  const packing = new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", plain));
  return {
    plain,
    packed: new Uint8Array(await new Response(packing).arrayBuffer()),
    headers: {
      "content-type": type,
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": `public, max-age=${maxAge}`,
      vary: "accept-encoding",
      // Weak: plain or packed, it is the same page.
      etag: `W/"${hash.subarray(0, 12).toHex()}"`,
    },
  };
}

function answerOf(request: Request, { headers, plain, packed }: ReadyPage): Response {
  const known = request.headers.get("if-none-match");
  if (known !== null && known.split(",").some((tag) => tag.trim() === headers.etag)) {
    return new Response(null, { status: 304, headers });
  }
  const takesPacked = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(
    request.headers.get("accept-encoding") ?? "",
  );
  const body = takesPacked ? packed : plain;
  const told = new Headers(headers);
  told.set("content-length", String(body.length));
  if (takesPacked) told.set("content-encoding", "gzip");
  return new Response(request.method === "HEAD" ? null : body, { headers: told });
}

function htmlOf({ info: { title } }: OpenApi): string {
  const safe = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${safe}</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="data:,">
  </head>
  <body>
    <main id="docs"><noscript>See <a href="${DOCUMENT_PATH}">${DOCUMENT_PATH}</a>.</noscript></main>
    <script src="/docs/swagger-ui.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
}

/** Its settings: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/ */
const START = `SwaggerUIBundle({
  url: ${JSON.stringify(DOCUMENT_PATH)},
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  // Asks nobody else what to think of the document.
  validatorUrl: null,
});
`;
