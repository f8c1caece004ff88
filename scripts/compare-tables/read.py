"""Reads outputs with pandas, pyarrow, DuckDB and datasets, and compares every cell with the same output as JSON Lines.

usage: read.py FOLDER INPUT.parquet. FOLDER holds NAME.jsonl and beside it NAME.parquet, NAME.csv, NAME.tsv.gz and NAME/.
Prints JSON: how many cells were compared, and the differences.
"""

import datetime
import json
import math
import sys
from pathlib import Path

import datasets
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

datasets.disable_progress_bars()
folder = Path(sys.argv[1])
cells = 0
differences = []


def time_of(text, unit):
    """Ticks since 1970 of a time in ISO 8601."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    whole = datetime.datetime.fromisoformat(seconds + "+00:00").timestamp()
    return int(whole) * 10**digits + int(fraction.ljust(digits, "0")[:digits] or 0)


def expected_value(value, kind):
    """What a column of an Arrow type must hold where the JSON says value."""
    if value is None:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [expected_value(item, kind.value_type) for item in value]
    if pa.types.is_struct(kind):
        return {field.name: expected_value(value.get(field.name), field.type) for field in kind}
    if pa.types.is_timestamp(kind):
        return time_of(value, kind.unit)
    if pa.types.is_date(kind):
        return datetime.date.fromisoformat(value)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # What has no type of its own is JSON text.
        return value if isinstance(value, str) else Text(value)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return value
    raise TypeError(f"{kind} is not expected")


class Text:
    """Any text that is this as JSON."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, str) and json.loads(other) == self.value

    def __repr__(self):
        return f"JSON text of {self.value!r}"


def same(one, other):
    if isinstance(one, Text) or isinstance(other, Text):
        return one == other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, (int, float)) and not isinstance(other, bool):
        return one == other and math.copysign(1, one) == math.copysign(1, float(other))
    # A text of a column of JSON text stands with its quotes.
    return one == other or (isinstance(other, str) and isinstance(one, str) and one.startswith('"') and json.loads(one) == other)


def compare(what, got, expected):
    global cells
    if len(got) != len(expected):
        differences.append(f"{what}: {len(got)} rows and not {len(expected)}")
        return
    for index, (one, other) in enumerate(zip(got, expected)):
        for name in other:
            cells += 1
            if not same(one.get(name), other[name]):
                differences.append(f"{what}: row {index}, {name}: {one.get(name)!r} and not {other[name]!r}")


def comparable(table):
    """Times as ticks: Python's have no nanoseconds."""
    fields = [pa.field(f.name, pa.int64()) if pa.types.is_timestamp(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields)).to_pylist()


def rows_of(path, names):
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    return [{name: row.get(name) for name in names} for row in rows]


for jsonl in sorted(folder.glob("*.jsonl")):
    name = jsonl.stem
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    rows = rows_of(jsonl, table.column_names)
    kinds = {field.name: field.type for field in table.schema}
    expected = [{key: expected_value(value, kinds[key]) for key, value in row.items()} for row in rows]
    compare(f"{name}, pyarrow", comparable(table), expected)
    compare(f"{name}, DuckDB", comparable(duckdb.sql(f"from '{path}'").to_arrow_table().cast(table.schema)), expected)
    frame = pd.read_parquet(path, dtype_backend="pyarrow")
    compare(f"{name}, pandas", comparable(pa.Table.from_pandas(frame, preserve_index=False).cast(table.schema)), expected)
    loaded = datasets.load_dataset(str(folder / name), split="train", cache_dir=str(folder / "cache"))
    compare(f"{name}, datasets", comparable(loaded.data.table.cast(table.schema)), expected)

    # An empty text and null are both an empty cell to pandas.
    wanted = [
        {key: None if value in (None, "") else value if isinstance(value, str) else Text(value) for key, value in row.items()}
        for row in rows
    ]
    for suffix, separator in [(".csv", ","), (".tsv.gz", "\t")]:
        csv = pd.read_csv(folder / f"{name}{suffix}", sep=separator, dtype=str, keep_default_na=False, encoding="utf-8")
        got = [{key: value if value != "" else None for key, value in row.items()} for row in csv.to_dict("records")]
        compare(f"{name}{suffix}, pandas", got, wanted)
    plain = duckdb.read_csv(str(folder / f"{name}.csv"), header=True, all_varchar=True, sep=",", quotechar='"', escapechar='"', max_line_size=10_000_000)
    got = [dict(zip(plain.columns, [value or None for value in row])) for row in plain.fetchall()]
    compare(f"{name}.csv, DuckDB", got, wanted)

# A column that is passed on keeps its type.
before = pq.read_schema(sys.argv[2])
after = pq.read_schema(folder / "types.parquet")
for field in before:
    if field.name in ("unsigned", "unsigned32", "half", "decimal", "bytes", "clock", "map", "empty", "int8", "category", "large"):
        continue
    cells += 1
    if str(after.field(field.name).type).replace("element:", "item:") != str(field.type).replace("element:", "item:"):
        differences.append(f"types: {field.name} is {after.field(field.name).type} and was {field.type}")

print(json.dumps({"cells": cells, "differences": differences}))
