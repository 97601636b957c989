/**
 * The public page as files: what the API server answers a browser with that is no data. It was bundled before the
 * process started (`prepare.ts`), lies in memory whole, and knows the page's routes, so that each can be reloaded.
 *
 * @module
 */
import { type Manifest, type PageFile, readManifest } from "./manifest.ts";
import { isRoute } from "./routes.ts";

export { pageFolder } from "./manifest.ts";
export { pagePreparation } from "./prepare.ts";

export interface Page {
  /** False: no built page was found, and its routes are answered by a sentence that says so. */
  readonly built: boolean;
  /**
   * The answer to a request for a part of the page; null for what is none of it. To be asked after everything else:
   * a browser that asks for a document nobody has gets the page's own "no such page", as 404.
   */
  fetch(request: Request): Response | null;
}

/** A year: what has its hash in its name never changes. */
const IMMUTABLE = "public, max-age=31536000, immutable";
/** Kept, but asked for each time: a new build is seen at once. */
const REVALIDATED = "no-cache";

/** Sent with everything. The page needs none of what they forbid. */
const GUARDS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

interface Loaded extends PageFile {
  readonly bodies: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/**
 * Reads the page that stands in a folder (some 300 kB). Where there is none the API works all the same.
 *
 * @throws {Deno.errors.PermissionDenied} The folder may not be read.
 */
export async function openPage({ folder }: { folder: string }): Promise<Page> {
  const manifest = await readManifest(folder);
  if (manifest === null) return { built: false, fetch: unbuilt };
  const files = new Map<string, Loaded>();
  for (const file of manifest.files) {
    const bodies: Record<string, Uint8Array<ArrayBuffer>> = {};
    for (const [coding, name] of Object.entries(file.codings)) {
      bodies[coding] = await Deno.readFile(`${folder}/${name}`);
    }
    files.set(file.path, { ...file, bodies });
  }
  return { built: true, fetch: (request) => answer(manifest, files, request) };
}

function answer(
  manifest: Manifest,
  files: ReadonlyMap<string, Loaded>,
  request: Request,
): Response | null {
  const status = statusFor(request, files);
  if (status === null) return null;
  const { pathname } = new URL(request.url);
  const file = files.get(pathname) ?? files.get(manifest.document)!;
  const headers = new Headers({
    ...GUARDS,
    "content-type": file.type,
    "cache-control": file.immutable ? IMMUTABLE : REVALIDATED,
    "content-security-policy": manifest.contentSecurityPolicy,
    "vary": "accept-encoding",
  });
  const coding = codingFor(request, file);
  const etag = `"${file.etag}${coding === "identity" ? "" : `-${coding}`}"`;
  if (status === 200) headers.set("etag", etag);
  if (coding !== "identity") headers.set("content-encoding", coding);
  const asked = request.headers.get("if-none-match");
  if (status === 200 && asked !== null && matches(asked, etag)) {
    return new Response(null, { status: 304, headers });
  }
  const body = file.bodies[coding]!;
  headers.set("content-length", String(body.byteLength));
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/** What a request is to be answered with; null where it is not for the page. */
function statusFor(request: Request, files: ReadonlyMap<string, unknown>): 200 | 404 | null {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  const { pathname } = new URL(request.url);
  if (files.has(pathname) || isRoute(pathname)) return 200;
  // Programs are answered by the API in their own way.
  const wantsDocument = request.headers.get("accept")?.includes("text/html") ?? false;
  return wantsDocument && !/^\/(api|docs|assets)(\/|$)/.test(pathname) ? 404 : null;
}

/** The smallest coding that the browser takes. A coding that it refuses by `q=0` is left out. */
function codingFor(request: Request, { bodies }: Loaded): string {
  const accepted = (request.headers.get("accept-encoding") ?? "").split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => !/;\s*q=0(\.0*)?$/.test(one))
    .map((one) => one.split(";")[0]!.trim());
  return ["br", "gzip"].find((coding) => accepted.includes(coding) && coding in bodies) ??
    "identity";
}

function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(",").map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === etag || one === "*");
}

const UNBUILT = "The pool's page has not been built here. `deno task start` and `deno task " +
  "apiserver` build it before they start and say why where they cannot. The API is at /api/v1/.\n";

function unbuilt(request: Request): Response | null {
  const { pathname } = new URL(request.url);
  if (!isRoute(pathname) || !["GET", "HEAD"].includes(request.method)) return null;
  return new Response(request.method === "HEAD" ? null : UNBUILT, {
    status: 503,
    headers: {
      ...GUARDS,
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
    },
  });
}
