/** Where the server is. @module */
import { SeriesNotOpened } from "../options.ts";

export interface InfluxAddress {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly database: string;
  /** As it is shown. */
  readonly name: string;
}

/** The server's default port. */
const PORT = 8181;

/** What the server takes, less the room for the suffixes of the databases beside it; at most 64 characters in all. */
const DATABASE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,53}$/;

/**
 * `influx://HOST[:PORT]/DATABASE`, or `influxs://…` for TLS.
 *
 * @throws {SeriesNotOpened} Saying what is wrong.
 */
export function parseInfluxUrl(text: string): InfluxAddress {
  const wanted = "influx://HOST:PORT/DATABASE is wanted, or influxs:// for TLS";
  const match = /^(influxs?):\/\/(.+)$/.exec(text);
  // As http: WHATWG takes the host of an unknown scheme as it stands.
  const url = match === null ? null : URL.parse(`http://${match[2]}`);
  if (match === null || url === null || url.search !== "" || url.hash !== "") {
    throw new SeriesNotOpened(`Cannot read the series' URL: ${wanted}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new SeriesNotOpened(
      `The series' URL holds a login: InfluxDB takes a token, which has a setting of its own`,
    );
  }
  if (match[1] === "influxs" && /^(\[.*\]|[0-9.]+)$/.test(url.hostname)) {
    // grpc-js hands the host over as the name that the certificate is for; Deno takes no address there.
    throw new SeriesNotOpened(
      `The series' URL names ${url.hostname}: with TLS a host's name is wanted, not an address`,
    );
  }
  const database = url.pathname.slice(1);
  if (!DATABASE.test(database)) {
    throw new SeriesNotOpened(
      `The series' URL names the database "${database}": letters, digits, _ and - are wanted, a letter or digit first, at most 54`,
    );
  }
  const port = url.port === "" ? (/:80$/.test(match[2]!.split("/")[0]!) ? "80" : PORT) : url.port;
  const host = `${url.hostname}:${port}`;
  return {
    url: `${match[1] === "influxs" ? "https" : "http"}://${host}`,
    database,
    name: `${match[1]}://${host}/${database}`,
  };
}
