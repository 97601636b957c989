/**
 * Sources into a page: bundled by the bundler that comes with Deno, named by their contents, compressed once.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { MANIFEST, type Manifest, type PageFile } from "../manifest.ts";
import { APP, pageKey } from "../sources.ts";

/** What the browser may do: load the page's own files and ask its own origin, nothing else. */
const POLICY: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/** Bundler's entries, and the names they come out under. */
const ENTRIES = { "main.tsx": "main.js", "style/page.css": "style/page.css" } as const;

/**
 * Builds into a folder, which it makes. A build that ends half way leaves the page before it: the list is written last
 * and by renaming; then goes what it does not name.
 *
 * @throws {Error} The sources do not bundle, or the bundler could not be had: the reason in words.
 */
export async function buildPage(folder: string): Promise<Manifest> {
  const { script, style } = await bundled();
  await Deno.mkdir(folder, { recursive: true });
  const write = (path: string, type: string, body: Uint8Array<ArrayBuffer>, immutable = true) =>
    put(folder, { path, type, body, immutable });
  const text = new TextDecoder();
  const bytes = new TextEncoder();

  const scriptFile = await write(
    `/assets/app-${shortHash(script)}.js`,
    "text/javascript; charset=utf-8",
    script,
  );
  const styleFile = await write(
    `/assets/page-${shortHash(style)}.css`,
    "text/css; charset=utf-8",
    style,
  );
  const icon = await Deno.readFile(new URL("icon.svg", APP));
  const iconFile = await write(`/assets/icon-${shortHash(icon)}.svg`, "image/svg+xml", icon);

  const early = (await Deno.readTextFile(new URL("early.js", APP))).trim();
  const document = text.decode(await Deno.readFile(new URL("index.html", APP)))
    .replace("%SCRIPT%", scriptFile.path)
    .replace("%STYLE%", styleFile.path)
    .replace("%ICON%", iconFile.path)
    .replace('"%EARLY%";', () => early);
  const documentFile = await write(
    "/",
    "text/html; charset=utf-8",
    bytes.encode(document),
    false,
  );
  const robots = bytes.encode("User-agent: *\nDisallow: /api/\n");
  const robotsFile = await write("/robots.txt", "text/plain; charset=utf-8", robots, false);

  // The one script within the document is let through by its hash, blanks around it counted.
  const within = /<script>([^]*?)<\/script>/.exec(document)![1]!;
  const hash = createHash("sha256").update(within).digest("base64");
  const policy = { ...POLICY, "script-src": `'self' 'sha256-${hash}'` };
  const manifest: Manifest = {
    key: pageKey(),
    contentSecurityPolicy: Object.entries(policy).map((one) => one.join(" ")).join("; "),
    document: documentFile.path,
    files: [documentFile, robotsFile, scriptFile, styleFile, iconFile],
  };
  await writeAtOnce(`${folder}/${MANIFEST}`, bytes.encode(JSON.stringify(manifest, null, 2)));
  await removeOthers(folder, manifest);
  return manifest;
}

async function bundled(): Promise<
  { script: Uint8Array<ArrayBuffer>; style: Uint8Array<ArrayBuffer> }
> {
  const result = await Deno.bundle({
    entrypoints: Object.keys(ENTRIES).map((name) => fileURLToPath(new URL(name, APP))),
    // Nothing is written there: names of what comes out are relative to it.
    outputDir: "/page",
    platform: "browser",
    minify: true,
    write: false,
  });
  if (!result.success) throw new Error(result.errors.map(({ text }) => text).join("; "));
  const find = (name: string) => {
    const found = result.outputFiles?.find(({ path }) => path.endsWith(`/${name}`))?.contents;
    if (found === undefined) throw new Error(`The bundler gave no ${name}`);
    return new Uint8Array(found);
  };
  return { script: find(ENTRIES["main.tsx"]), style: find(ENTRIES["style/page.css"]) };
}

/** Writes one file in its codings. */
async function put(
  folder: string,
  file: { path: string; type: string; body: Uint8Array<ArrayBuffer>; immutable: boolean },
): Promise<PageFile> {
  const { path, type, body, immutable } = file;
  const name = path === "/" ? "index.html" : path.split("/").at(-1)!;
  const brotli = brotliCompressSync(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.byteLength,
    },
  });
  await writeAtOnce(`${folder}/${name}`, body);
  await writeAtOnce(`${folder}/${name}.gz`, gzipSync(body, { level: 9 }));
  await writeAtOnce(`${folder}/${name}.br`, brotli);
  const codings = { identity: name, gzip: `${name}.gz`, br: `${name}.br` };
  return { path, type, etag: shortHash(body), immutable, codings };
}

/** Two programs that begin together may build into one folder: nobody ever reads half of a file. */
async function writeAtOnce(path: string, body: Uint8Array): Promise<void> {
  const draft = `${path}.${Deno.pid}.draft`;
  await Deno.writeFile(draft, body);
  await Deno.rename(draft, path);
}

/** Files that carry a hash in their name, as this build's do. */
const HASHED = /^(app|page|icon)-[0-9a-f]{12}\.(js|css|svg)(\.(gz|br))?$/;

/** Takes away what builds before left. Whatever else somebody put into the folder stays. */
async function removeOthers(folder: string, { files }: Manifest): Promise<void> {
  const kept = new Set(files.flatMap(({ codings }) => Object.values(codings)));
  for await (const { name } of Deno.readDir(folder)) {
    if (kept.has(name) || !HASHED.test(name)) continue;
    await Deno.remove(`${folder}/${name}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

function shortHash(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 12);
}
