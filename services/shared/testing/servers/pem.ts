/**
 * Certificates for tests, made by openssl when they are needed: an authority, a server on 127.0.0.1 and localhost, and
 * a client.
 *
 * @module
 */

/** PEM texts, as settings take them. */
export interface Pem {
  readonly ca: string;
  readonly client: { readonly cert: string; readonly key: string };
  readonly files: {
    readonly ca: string;
    readonly serverCert: string;
    readonly serverKey: string;
    /** Key and certificate in one file. */
    readonly serverBundle: string;
    readonly clientCert: string;
    readonly clientKey: string;
  };
}

const DAYS = "2";

/** Makes them in a folder `tls` of the given one. */
export async function tlsFiles(parent: string): Promise<Pem> {
  const folder = `${parent}/tls`;
  await Deno.mkdir(folder);
  const path = (name: string) => `${folder}/${name}`;
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl(["req", "-x509", ...newKey, "-days", DAYS, "-subj", "/CN=tests"], {
    keyout: path("ca.key"),
    out: path("ca.pem"),
    addext: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"],
  });
  const signed = async (name: string, subject: string, extensions: string[]) => {
    await openssl(["req", "-x509", ...newKey, "-days", DAYS, "-subj", subject], {
      CA: path("ca.pem"),
      CAkey: path("ca.key"),
      keyout: path(`${name}.key`),
      out: path(`${name}.pem`),
      addext: ["basicConstraints=critical,CA:FALSE", ...extensions],
    });
  };
  await signed("server", "/CN=localhost", ["subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost"]);
  await signed("client", "/CN=gopool", ["extendedKeyUsage=clientAuth"]);
  const text = (name: string) => Deno.readTextFile(path(name));
  await Deno.writeTextFile(
    path("server_bundle.pem"),
    await text("server.key") + await text("server.pem"),
  );
  return {
    ca: await text("ca.pem"),
    client: { cert: await text("client.pem"), key: await text("client.key") },
    files: {
      ca: path("ca.pem"),
      serverCert: path("server.pem"),
      serverKey: path("server.key"),
      serverBundle: path("server_bundle.pem"),
      clientCert: path("client.pem"),
      clientKey: path("client.key"),
    },
  };
}

async function openssl(args: readonly string[], flags: Record<string, string | string[]>) {
  const more = Object.entries(flags).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [`-${name}`, value])
  );
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [...args, ...more],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}
