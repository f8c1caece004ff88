"""Writes tables with pyarrow, pandas and DuckDB in every form that they have, and what is in each as JSON.

usage: write.py FOLDER. Beside FOLDER/NAME.parquet or .csv stands FOLDER/NAME.jsonl: the rows that a reader must find.
"""

import base64
import datetime
import decimal
import json
import math
import random
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
random.seed(7)


def iso(value, digits, utc):
    """A time as Headrace writes it; value counts 10 ** -digits seconds."""
    seconds, fraction = divmod(value, 10**digits)
    text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    rest = str(fraction).rjust(digits, "0").rstrip("0")
    return text + ("." + rest if rest else "") + ("Z" if utc else "")


def plain(value, kind):
    """The JSON that stands for a value of an Arrow type."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: plain(value[field.name], field.type) for field in kind}
    if pa.types.is_map(kind):
        return {str(key): plain(item, kind.item_type) for key, item in value}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [plain(item, kind.value_type) for item in value]
    if pa.types.is_dictionary(kind):
        return plain(value, kind.value_type)
    if pa.types.is_floating(kind):
        value = float(value)
        return value if math.isfinite(value) else None
    if pa.types.is_decimal(kind):
        return str(value)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return base64.b64encode(value).decode()
    if pa.types.is_date(kind):
        return value.isoformat()
    return value


def rows_of(table):
    columns = {}
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_timestamp(field.type):
            digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[field.type.unit]
            ticks = column.cast(pa.int64()).to_pylist()
            utc = field.type.tz is not None
            columns[field.name] = [None if tick is None else iso(tick, digits, utc) for tick in ticks]
        elif pa.types.is_time(field.type):
            columns[field.name] = [
                None if value is None else value.isoformat().rstrip("0").rstrip(".") if value.microsecond else value.isoformat()
                for value in column.to_pylist()
            ]
        else:
            columns[field.name] = [plain(value, field.type) for value in column.to_pylist()]
    names = list(columns)
    return [dict(zip(names, values)) for values in zip(*columns.values())] if names else []


def expect(name, rows):
    with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, allow_nan=False) + "\n")


texts = ["", "a", "Grüße, 世界 🌍", 'quote " and \\ back', "two\nlines", "\ufeffmark", "nul \x00 in it", "x" * 5000, " blank "]


def maybe(value, share=0.2):
    return None if random.random() < share else value


def message():
    return {"role": random.choice(["user", "assistant"]), "content": maybe(random.choice(texts), 0.1)}


def many_types(count):
    index = range(count)
    floats = [0.1, -0.0, 1e300, 5e-324, math.nan, math.inf, 3.0]
    return pa.table(
        {
            "id": pa.array(index, pa.int64()),
            "long": pa.array([maybe(2**53 + number * 7919) for number in index], pa.int64()),
            "negative": pa.array([maybe(-(2**63) + number) for number in index], pa.int64()),
            "unsigned": pa.array([maybe(2**64 - 1 - number) for number in index], pa.uint64()),
            "unsigned32": pa.array([maybe(2**32 - 1 - number) for number in index], pa.uint32()),
            "int32": pa.array([maybe(-number) for number in index], pa.int32()),
            "int8": pa.array([maybe(number % 100 - 50) for number in index], pa.int8()),
            "text": pa.array([maybe(random.choice(texts)) for _ in index]),
            "prompt": pa.array([f"p{number} {random.choice(texts)}" for number in index]),
            "large": pa.array([maybe(random.choice(texts)) for _ in index], pa.large_string()),
            "category": pa.array([maybe(random.choice(["red", "green"])) for _ in index]).dictionary_encode(),
            "flag": pa.array([maybe(random.random() < 0.5) for _ in index]),
            "double": pa.array([maybe(random.choice(floats)) for _ in index], pa.float64()),
            "float": pa.array([maybe(random.random()) for _ in index], pa.float32()),
            "half": pa.array([maybe(0.5 * number) for number in index], pa.float32()).cast(pa.float16()),
            "decimal": pa.array([maybe(decimal.Decimal(number * 37 - 5000).scaleb(-2)) for number in index], pa.decimal128(20, 2)),
            "bytes": pa.array([maybe(bytes([number % 256, 255, 0])) for number in index], pa.binary()),
            "day": pa.array([maybe(datetime.date(1960, 1, 1) + datetime.timedelta(days=number)) for number in index]),
            "clock": pa.array([maybe(datetime.time(number % 24, 3, 4, 250_000)) for number in index], pa.time64("us")),
            "milli": pa.array([maybe(number * 1_000_003 - 10**12) for number in index], pa.timestamp("ms", "UTC")),
            "micro": pa.array([maybe(number * 1_000_003 - 10**15) for number in index], pa.timestamp("us")),
            "nano": pa.array([maybe(1_700_000_000_123_456_789 + number) for number in index], pa.timestamp("ns", "UTC")),
            "empty": pa.nulls(count),
            "numbers": pa.array([maybe([maybe(each) for each in range(random.randrange(4))]) for _ in index], pa.list_(pa.int64())),
            "nested": pa.array([maybe([[each] * each for each in range(random.randrange(4))]) for _ in index], pa.list_(pa.list_(pa.int32()))),
            "messages": pa.array([maybe([message() for _ in range(random.randrange(4))]) for _ in index]),
            "struct": pa.array([maybe({"a": maybe(number), "b": {"c": maybe(random.choice(texts))}}) for number in index]),
            "map": pa.array([maybe([("k", number), ("l", None)]) for number in index], pa.map_(pa.string(), pa.int64())),
        }
    )


def write(name, table, **options):
    pq.write_table(table, folder / f"{name}.parquet", **options)
    expect(name, rows_of(table))


types = many_types(300)
for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
    write(f"types-{codec}", types, compression=codec)
write("types-plain", types, use_dictionary=False, compression="none")
write("types-v2", types, data_page_version="2.0", version="2.6", compression="zstd")
write("types-v1", types.drop_columns(["nano"]), version="1.0", flavor=None)
write("types-groups", types, row_group_size=17)
write("types-pages", types, data_page_size=64, write_batch_size=5, write_page_index=True)
write("types-pages-v2", types, data_page_size=64, write_batch_size=5, data_page_version="2.0", use_dictionary=False)
write("types-int96", types.select(["id", "nano"]).cast(pa.schema([("id", pa.int64()), ("nano", pa.timestamp("ns"))])), use_deprecated_int96_timestamps=True)
write("delta", types.select(["id", "int32", "prompt", "text"]), use_dictionary=False, column_encoding={"id": "DELTA_BINARY_PACKED", "int32": "DELTA_BINARY_PACKED", "prompt": "DELTA_BYTE_ARRAY", "text": "DELTA_LENGTH_BYTE_ARRAY"})
write("no-rows", types.slice(0, 0))
write("one-row", types.slice(0, 1))
big = pa.table({"id": pa.array(range(200_000), pa.int64()), "prompt": [f"p{number} {'word ' * (number % 50)}" for number in range(200_000)], "messages": [[{"role": "user", "content": f"p{number}"}] for number in range(200_000)]})
write("one-group", big, row_group_size=200_000)

frame = pd.DataFrame({"prompt": [text for text in texts], "n": [None if number == 3 else number for number in range(len(texts))], "when": pd.date_range("2026-01-01", periods=len(texts), tz="UTC"), "day": pd.date_range("2026-01-01", periods=len(texts))})
frame.to_parquet(folder / "pandas.parquet")
expect("pandas", rows_of(pa.Table.from_pandas(frame, preserve_index=False)))

duckdb.sql(f"copy (select range as id, 'p' || range as prompt, [range, null] as list, {{'role': 'user', 'content': 'x' || range}} as message, range::hugeint as huge, '2026-01-02 03:04:05.678'::timestamp as moment, uuid '12345678-1234-5678-1234-567812345678' as uuid from range(1000)) to '{folder}/duckdb.parquet' (format parquet, compression zstd)")
expect("duckdb", [{"id": number, "prompt": f"p{number}", "list": [number, None], "message": {"role": "user", "content": f"x{number}"}, "huge": float(number), "moment": "2026-01-02T03:04:05.678", "uuid": "12345678-1234-5678-1234-567812345678"} for number in range(1000)])

cells = [text for text in texts if "\x00" not in text]
# An empty cell is null.
cell_rows = [
    {"prompt": one or None, 'say "it"': other or None, "n": str(number)}
    for number, (one, other) in enumerate(zip(cells, cells[::-1]))
]
strings = pd.DataFrame({"prompt": cells, "say \"it\"": cells[::-1], "n": [str(number) for number in range(len(cells))]})
for name, options in {"pandas-csv": {}, "pandas-crlf": {"lineterminator": "\r\n"}, "pandas-quoted": {"quoting": 1}, "pandas-semicolon": {"sep": ";"}}.items():
    strings.to_csv(folder / f"{name}.csv", index=False, **options)
    expect(name, cell_rows)
strings.to_csv(folder / "pandas-tab.tsv", index=False, sep="\t")
expect("pandas-tab", cell_rows)
strings.to_csv(folder / "pandas-gzip.csv.gz", index=False)
expect("pandas-gzip", cell_rows)
strings.to_csv(folder / "pandas-mark.csv", index=False, encoding="utf-8-sig")
expect("pandas-mark", cell_rows)
strings.to_csv(folder / "pandas-index.csv")
expect("pandas-index", [{"column_1": str(number), **row} for number, row in enumerate(cell_rows)])
duckdb.sql("select * from strings").write_csv(str(folder / "duckdb-csv.csv"), header=True)
expect("duckdb-csv", cell_rows)
