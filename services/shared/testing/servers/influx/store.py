"""What was written, as InfluxDB 3 Core keeps it: rows by table, tags and time; files by table, slot and snapshot."""

import threading
import time

import pyarrow as pa

import line_protocol

SLOT_NS = 600 * 10**9
DATABASES_MAX = 5
COLUMNS_MAX = 500
ARROW = {
    "float64": (pa.float64(), "float"),
    "int64": (pa.int64(), "integer"),
    "uint64": (pa.uint64(), "uinteger"),
    "bool": (pa.bool_(), "boolean"),
    "utf8": (pa.utf8(), "string"),
}


class Table:
    def __init__(self, tags=(), fields=None):
        self.tags = list(tags)
        self.fields = dict(fields or {})
        self.rows = {}
        self.files = set()
        self.batch = None

    def refusal(self, tags, fields):
        """Why a line does not fit, or None."""
        for name in tags:
            if name in self.fields:
                return f"invalid column type for column '{name}', expected a field, got a tag"
        for name, (kind, _) in fields.items():
            known = self.fields.get(name)
            if known is not None and known != kind:
                names = [ARROW[one][1] for one in (known, kind)]
                return (f"invalid column type for column '{name}', expected "
                        f"iox::column_type::field::{names[0]}, got iox::column_type::field::{names[1]}")
        return None

    def put(self, tags, fields, at_ns, snapshot):
        for name in tags:
            if name not in self.tags:
                self.tags.append(name)
        for name, (kind, _) in fields.items():
            self.fields.setdefault(name, kind)
        row = self.rows.setdefault((tuple(sorted(tags.items())), at_ns), {})
        row.update((name, value) for name, (_, value) in fields.items())
        self.files.add((at_ns // SLOT_NS, snapshot))
        self.batch = None

    def arrow(self, cutoff_ns):
        """All rows as one table, with the types that the real server gives to columns."""
        if self.batch is not None and self.batch[0] == cutoff_ns:
            return self.batch[1]
        kept = [(dict(tags), at, row) for (tags, at), row in self.rows.items() if at >= cutoff_ns]
        tag_type = pa.dictionary(pa.int32(), pa.utf8())
        columns, schema = [], []
        for name in sorted(self.tags):
            columns.append(pa.array([tags.get(name) for tags, _, _ in kept], pa.utf8()).cast(tag_type))
            schema.append(pa.field(name, tag_type, metadata={"iox::column::type": "iox::column_type::tag"}))
        for name in sorted(self.fields):
            kind, shown = ARROW[self.fields[name]]
            columns.append(pa.array([row.get(name) for _, _, row in kept], kind))
            schema.append(pa.field(name, kind, metadata={"iox::column::type": f"iox::column_type::field::{shown}"}))
        columns.append(pa.array([at for _, at, _ in kept], pa.timestamp("ns")))
        schema.append(pa.field("time", pa.timestamp("ns"), False, {"iox::column::type": "iox::column_type::timestamp"}))
        batch = pa.record_batch(columns, schema=pa.schema(schema))
        self.batch = (cutoff_ns, batch)
        return batch


class Database:
    def __init__(self):
        self.tables = {}
        self.retention_s = None

    def cutoff_ns(self):
        """To the minute, so that one table of Arrow's serves many questions."""
        return -(2**63) if self.retention_s is None else int(time.time() // 60 * 60 - self.retention_s) * 10**9


class Full(Exception):
    pass


class Store:
    def __init__(self):
        self.lock = threading.RLock()
        self.databases = {}
        self.snapshot = 0
        self.poison = None

    def database(self, name):
        with self.lock:
            if name not in self.databases:
                if len(self.databases) >= DATABASES_MAX:
                    raise Full(f"Adding a new database would exceed limit of {DATABASES_MAX} databases")
                self.databases[name] = Database()
            return self.databases[name]

    def write(self, name, text, factor, partial):
        """Errors as [(line number, why, line)]. With `partial` good lines are stored in spite of bad ones."""
        with self.lock:
            database = self.database(name)
            good, bad = [], []
            for number, line in enumerate(text.split("\n"), 1):
                if line == "" or line.startswith("#"):
                    continue
                try:
                    table, tags, fields, at = line_protocol.parse(line)
                    known = database.tables.get(table, Table())
                    why = known.refusal(tags, fields)
                    names = {*known.tags, *known.fields, *tags, *fields}
                    if len(names) >= COLUMNS_MAX:
                        why = "the table would have more than 500 columns"
                    if why is not None:
                        raise line_protocol.Refused(why)
                    good.append((table, tags, fields, time.time_ns() if at is None else at * factor))
                except line_protocol.Refused as refused:
                    bad.append((number, str(refused), line))
                except line_protocol.Poison as poison:
                    self.poison = str(poison)
                    raise
            if bad and not partial:
                return bad
            for table, tags, fields, at in good:
                database.tables.setdefault(table, Table()).put(tags, fields, at, self.snapshot)
            return bad
