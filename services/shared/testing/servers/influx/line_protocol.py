"""Line protocol as InfluxDB 3 Core reads it: lines into points, and what it says of lines that it refuses."""

import math
import re

INT = re.compile(r"^-?[0-9]+i$")
UINT = re.compile(r"^[0-9]+u$")
FLOAT = re.compile(r"^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?$")
TRUTHS = {"t": True, "T": True, "true": True, "f": False, "F": False, "false": False}
STRING_MAX = 64 * 1024


class Refused(Exception):
    """A line that the server takes by itself for bad."""


class Poison(Exception):
    """What the real server answers with 204 and then never recovers from. Never to be sent."""


def split(text, mark, most=-1):
    """Splits at a mark that no backslash precedes and no quotes enclose."""
    if "\\" not in text and '"' not in text:
        return text.split(mark, most) if most >= 0 else text.split(mark)
    parts, begin, at, quoted = [], 0, 0, False
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 2
            continue
        if sign == '"' and "=" in text[begin:at]:
            quoted = not quoted
        elif sign == mark and not quoted and (most < 0 or len(parts) < most):
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    parts.append(text[begin:])
    return parts


def plain(text):
    """A key or a tag without its escapes: a backslash before anything else stands for itself."""
    return re.sub(r"\\([,= ])", r"\1", text) if "\\" in text else text


def field(text):
    """A field's type and value."""
    if text in TRUTHS:
        return "bool", TRUTHS[text]
    if text.startswith('"'):
        if len(text) < 2 or not text.endswith('"'):
            raise Refused("a string without its end")
        inner = re.sub(r'\\(["\\])', r"\1", text[1:-1])
        if len(inner.encode()) > STRING_MAX:
            raise Refused("a string of more than 64 KB")
        return "utf8", inner
    if INT.match(text) or UINT.match(text):
        value, signed = int(text[:-1]), text.endswith("i")
        if not (-(2**63) <= value < 2**63 if signed else value < 2**64):
            raise Refused("number too large to fit in target type")
        return ("int64" if signed else "uint64"), value
    if FLOAT.match(text):
        value = float(text)
        return "float64", None if math.isinf(value) else value
    raise Refused(f"not a field value: {text[:20]}")


def parse(line):
    """Table, tags, fields as {name: (type, value)}, time in ns or None."""
    if line != line.strip() or "\r" in line:
        raise Refused("blanks around a line")
    parts = split(line, " ")
    if len(parts) not in (2, 3):
        raise Refused("not: table, fields, time")
    table, *pairs = split(parts[0], ",")
    tags = {}
    for pair in pairs:
        key, *value = split(pair, "=", 1)
        if not value or not key or "\t" in pair:
            raise Refused(f"not a tag: {pair[:20]}")
        key, value = plain(key), plain(value[0])
        if value.endswith("\\"):
            raise Refused("a tag that ends in a backslash")
        if key in tags:
            raise Poison(f"the tag {key} twice: {line[:200]}")
        if value == "":
            raise Refused(f"an empty tag: {key}")
        if "\\" in value or any(ord(sign) < 32 for sign in value):
            raise Poison(f"a backslash or a control character in a tag: {line[:200]}")
        tags[key] = value
    fields = {}
    for pair in split(parts[1], ","):
        key, *value = split(pair, "=", 1)
        if not value or not key or value[0] == "":
            raise Refused(f"not a field: {pair[:20]}")
        key = plain(key)
        if key in fields or key in tags or key == "time":
            raise Refused(f"a name twice: {key}")
        fields[key] = field(value[0])
    if len(parts) == 3 and not re.match(r"^-?[0-9]+$", parts[2]):
        raise Refused(f"not a time: {parts[2][:20]}")
    return plain(table), tags, fields, int(parts[2]) if len(parts) == 3 else None
