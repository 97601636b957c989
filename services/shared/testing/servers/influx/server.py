"""
A stand-in for InfluxDB 3 Core in tests: its wire on one port, real SQL on what really was written. Not a database: all
of it is in memory, and in a journal so that what was answered with 204 is there after a kill.

    python server.py --port 8181 --folder DIR [--token T] [--flush-ms 1000] [--file-limit 432] [--cert F --key F]
"""

import argparse
import asyncio
import gzip
import json
import os
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import flight_side
import line_protocol
import query
from store import Full, Store, Table

SIZE_MAX = 10 * 1024 * 1024
FACTORS = {
    "s": 10**9, "second": 10**9, "ms": 10**6, "millisecond": 10**6, "us": 10**3, "u": 10**3, "microsecond": 10**3,
    "ns": 1, "n": 1, "nanosecond": 1,
}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class World:
    """Everything that the parts of the server share."""

    def __init__(self, options):
        self.options = options
        self.store = Store()
        self.writes = 0
        self.queries = []
        self.path = os.path.join(options.folder, "journal")
        self.journal = None
        if os.path.exists(self.path):
            with open(self.path) as file:
                for line in file:
                    # The last line may be half a one.
                    if line.endswith("\n"):
                        self.apply(*json.loads(line))
        self.journal = open(self.path, "a", buffering=1)

    def apply(self, kind, *args):
        return getattr(self, kind)(*args)

    def keep(self, *what):
        if self.journal is not None:
            self.journal.write(json.dumps(what) + "\n")

    def write(self, db, text, factor, partial):
        bad = self.store.write(db, text, factor, partial)
        if not bad or partial:
            self.keep("write", db, text, factor, partial)
        return bad

    def make_database(self, db, retention_s):
        with self.store.lock:
            if db in self.store.databases:
                return False
            self.store.database(db).retention_s = retention_s
            self.keep("make_database", db, retention_s)
            return True

    def set_retention(self, db, retention_s):
        with self.store.lock:
            if db not in self.store.databases:
                return False
            self.store.databases[db].retention_s = retention_s
            self.keep("set_retention", db, retention_s)
            return True

    def drop_database(self, db):
        with self.store.lock:
            self.keep("drop_database", db)
            return self.store.databases.pop(db, None) is not None

    def make_table(self, db, name, tags, fields):
        with self.store.lock:
            tables = self.store.database(db).tables
            if name in tables:
                return False
            tables[name] = Table(tags, {one["name"]: one["type"] for one in fields})
            self.keep("make_table", db, name, tags, fields)
            return True

    def select(self, db, sql, params):
        if self.store.poison is not None:
            raise RuntimeError(f"poisoned: {self.store.poison}")
        def note(files, refused):
            self.queries.append({"sql": sql, "files": files, "refused": refused})
            del self.queries[:-5000]

        return query.run(self.store, db, sql, params, self.options.file_limit, note)


def seconds(text):
    """`30d`, `1h`, `90s` in seconds."""
    return int(text[:-1]) * UNITS[text[-1]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=None):
        data = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def do_PUT(self):
        self.serve("PUT")

    def do_DELETE(self):
        self.serve("DELETE")

    def serve(self, method):
        data = self.body()
        place = urlsplit(self.path)
        args = {key: values[-1] for key, values in parse_qs(place.query).items()}
        token = self.world.options.token
        if place.path.startswith("/standin/"):
            return self.control(place.path, args)
        if token is not None:
            given = self.headers.get("authorization")
            if given is not None and " " not in given:
                return self.answer(400, {"error": "Authorization header was malformed"})
            if given is None or given.split(" ", 1)[1] != token:
                return self.answer(401)
        if place.path in ("/health", "/api/v1/health"):
            return self.answer(200, "OK")
        if place.path == "/ping":
            return self.answer(200, {"version": "3.6.0", "revision": "stand-in", "process_id": str(os.getpid())})
        if place.path == "/api/v2/write" and method == "POST":
            return self.write_v2(args, data)
        if place.path == "/api/v3/write_lp" and method == "POST":
            return self.write_v3(args, data)
        if place.path == "/api/v3/query_sql":
            asked = args if method == "GET" else json.loads(data)
            return self.query(asked)
        if place.path.startswith("/api/v3/configure/"):
            return self.configure(method, place.path.removeprefix("/api/v3/configure/"), args, data)
        return self.answer(404, "not found")

    def body(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while (size := int(self.rfile.readline().split(b";")[0], 16)) > 0:
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def text(self, data):
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        if len(data) > SIZE_MAX:
            raise OverflowError
        return data.decode()

    def flushed(self):
        """A write is answered at the next tick of the write-ahead log."""
        self.world.writes += 1
        tick = self.world.options.flush_ms / 1000
        if tick > 0:
            time.sleep(tick - time.time() % tick)

    def write_v2(self, args, data):
        def invalid(message):
            self.answer(400, {"code": "invalid", "message": message})

        if "bucket" not in args:
            return invalid("missing bucket value")
        if args.get("precision", "ns") not in FACTORS:
            return invalid("invalid precision")
        try:
            text = self.text(data)
        except OverflowError:
            return self.answer(413, {"code": "request too large", "message": "max request size exceeded"})
        except (OSError, EOFError, UnicodeDecodeError) as error:
            return invalid(str(error))
        if not lines_of(text):
            return invalid("write buffer error: incoming write was empty")
        try:
            bad = self.world.write(args["bucket"], text, FACTORS[args.get("precision", "ns")], False)
        except (Full, line_protocol.Poison) as error:
            return invalid(str(error))
        if bad:
            return invalid("write buffer error: parsing for line protocol failed")
        self.flushed()
        return self.answer(204)

    def write_v3(self, args, data):
        if "db" not in args:
            return self.answer(400, "serde error: missing field `db`")
        partial = args.get("accept_partial", "true") == "true"
        try:
            text = self.text(data)
        except OverflowError:
            return self.answer(500, f"max request size ({SIZE_MAX} bytes) exceeded")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            return self.answer(500, str(error))
        if not lines_of(text):
            return self.answer(400, "incoming write was empty")
        try:
            bad = self.world.write(args["db"], text, FACTORS[args.get("precision", "ns")], partial)
        except Full as error:
            return self.answer(422, {"error": str(error)})
        except line_protocol.Poison as error:
            return self.answer(500, str(error))
        if bad and not partial:
            return self.answer(400, {"error": "parsing failed for write_lp endpoint", "data": told(bad)[0]})
        if args.get("no_sync") != "true":
            self.flushed()
        if bad:
            return self.answer(400, {"error": "partial write of line protocol occurred", "data": told(bad)})
        return self.answer(204)

    def query(self, asked):
        try:
            table = self.world.select(asked["db"], asked["q"], asked.get("params"))
        except query.Unknown as error:
            return self.answer(404, {"error": f"query error: database not found: {error}"})
        except Exception as error:
            return self.answer(500, f"query error: error while planning query: {error}")
        rows = [{key: value for key, value in row.items() if value is not None} for row in table.to_pylist()]
        return self.answer(200, json.dumps(rows, default=str))

    def configure(self, method, what, args, data):
        world = self.world
        if method == "POST" and what == "database":
            asked = json.loads(data)
            period = asked.get("retention_period")
            try:
                made = world.make_database(asked["db"], None if period is None else seconds(period))
            except Full as error:
                return self.answer(422, {"error": str(error)})
            return self.answer(200 if made else 409, None if made else "attempted to create a resource that exists")
        if method == "GET" and what == "database":
            if "format" not in args:
                return self.answer(400, "serde error: missing field `format`")
            return self.answer(200, [{"iox::database": name} for name in sorted(world.store.databases)])
        if method == "DELETE" and what == "database":
            return self.answer(200 if world.drop_database(args["db"]) else 404)
        if what == "database/retention_period":
            period = seconds(args["duration"]) if method == "POST" else None
            return self.answer(204 if world.set_retention(args["db"], period) else 404)
        if method == "POST" and what == "table":
            asked = json.loads(data)
            try:
                made = world.make_table(asked["db"], asked["table"], asked["tags"], asked.get("fields", []))
            except Full as error:
                return self.answer(422, {"error": str(error)})
            return self.answer(200 if made else 409)
        return self.answer(404, "not found")

    def control(self, path, args):
        """What no InfluxDB has: what a test wants to see or to have happened."""
        world = self.world
        if path == "/standin/snapshot":
            world.store.snapshot += 1
            return self.answer(200)
        if path == "/standin/queries":
            last = world.queries[:]
            world.queries.clear()
            return self.answer(200, last)
        if path == "/standin/writes":
            return self.answer(200, {"writes": world.writes})
        return self.answer(404)


def lines_of(text):
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def told(bad):
    return [{"original_line": line[:20], "line_number": number, "error_message": why} for number, why, line in bad]


async def pipe(source, target):
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except OSError:
        pass
    finally:
        target.close()


def front(http_port, grpc_port):
    """By its first bytes a connection speaks HTTP/2 (gRPC) or HTTP/1.1."""

    async def connect(reader, writer):
        try:
            first = await reader.read(65536)
        except OSError:
            return
        if not first:
            return writer.close()
        back, forth = await asyncio.open_connection("127.0.0.1", grpc_port if first[:3] == b"PRI" else http_port)
        forth.write(first)
        await asyncio.gather(pipe(reader, forth), pipe(back, writer))

    return connect


async def listen(options, http_port, grpc_port):
    tls = None
    if options.cert is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.cert, options.key)
        # Who can do both is to speak HTTP/1.1: HTTP/2 is gRPC here.
        tls.set_alpn_protocols(["http/1.1", "h2"])
    server = await asyncio.start_server(front(http_port, grpc_port), "127.0.0.1", options.port, ssl=tls, backlog=512)
    await server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--token")
    parser.add_argument("--flush-ms", type=int, default=0)
    parser.add_argument("--file-limit", type=int, default=432)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    world = World(options)
    Handler.world = world
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    grpc_port = flight_side.start(world)
    asyncio.run(listen(options, http.server_port, grpc_port))


if __name__ == "__main__":
    main()
