"""SQL on what the store has, by the engine that InfluxDB 3 has: DataFusion. Files are counted as Core counts them."""

import re
from datetime import datetime

import pyarrow as pa
from datafusion import SessionConfig, SessionContext

import store as kept

# The one form of question whose bounds can be read without the engine, which takes as long as the answer.
SIMPLE = re.compile(
    r"^SELECT [^;]* FROM (\w+) WHERE time >= '([^']+)' AND time < '([^']+)'(?! OR)(?!.*\bOR\b)(?!.*\bFROM\b)", re.S)
BOUND = re.compile(r"(?:\w+\.)?time (>=|>|<=|<|=) TimestampNanosecond\((-?\d+)")
FIRST_NS, LAST_NS = -(2**63), 2**63 - 1


class Unknown(Exception):
    """The database is not there."""


class TooManyFiles(Exception):
    pass


def run(store, name, sql, params, file_limit, note):
    """One SELECT as a pyarrow table. Raises Unknown, TooManyFiles, or DataFusion's own words. `note` is told its files."""
    with store.lock:
        database = store.databases.get(name)
        if database is None:
            raise Unknown(name)
        config = SessionConfig().with_default_catalog_and_schema("public", "iox").with_information_schema(True)
        # What is asked for in tests is little: sharing it out would cost more than it saves.
        context = SessionContext(config.with_target_partitions(1))
        cutoff = database.cutoff_ns()
        for table, content in database.tables.items():
            if re.search(rf"\b{re.escape(table)}\b", sql) or "information_schema" in sql:
                context.register_record_batches(table, [[content.arrow(cutoff)]])
        frame = context.sql(sql, param_values=params) if params else context.sql(sql)
        simple = SIMPLE.match(sql)
        if simple and " FROM " not in sql[: simple.start(1) - 6]:
            used = counted(database, simple.group(1), nanos(simple.group(2)), nanos(simple.group(3)) - 1)
        else:
            used = files(database, frame.optimized_logical_plan(), [])
    refused = [one for one in used if one[1] > file_limit]
    note(used, bool(refused))
    for table, count in refused:
        raise TooManyFiles(
            f"Query would exceed file limit of {file_limit} parquet files. Please specify a smaller time range for your "
            f"query: {table} has {count}.")
    return plain(frame.to_arrow_table())


def nanos(text):
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000) * 10**6


def counted(database, name, first, last):
    table = database.tables.get(name)
    if table is None:
        return []
    slots = first // kept.SLOT_NS, last // kept.SLOT_NS
    return [(name, sum(1 for slot, _ in table.files if slots[0] <= slot <= slots[1]))]


def files(database, plan, filters):
    """For each scan of the plan its table and how many files lie within the bounds of time above it."""
    line = plan.display()
    if line.startswith("TableScan: "):
        name = re.match(r"TableScan: ([\w.\"]+)", line).group(1).split(".")[-1].strip('"')
        first, last = FIRST_NS, LAST_NS
        for text in [*filters, line]:
            for sign, value in BOUND.findall(text):
                at = int(value)
                if sign in (">=", ">", "="):
                    first = max(first, at + (sign == ">"))
                if sign in ("<=", "<", "="):
                    last = min(last, at - (sign == "<"))
        return counted(database, name, first, last)
    above = [*filters, line] if line.startswith("Filter: ") and " OR " not in line else filters
    return [one for each in plan.inputs() for one in files(database, each, above)]


def plain(table):
    """Without the view types that the clients of InfluxDB do not read."""
    columns = [
        column.cast(pa.utf8()) if pa.types.is_string_view(column.type) else column for column in table.columns
    ]
    fields = [field.with_type(column.type) for field, column in zip(table.schema, columns)]
    return pa.table(columns, schema=pa.schema(fields))
