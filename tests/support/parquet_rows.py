#!/usr/bin/env python3
"""Makes Parquet and Arrow files with values of every type for tests, and the JSON lines
that they stand for, by pyarrow's own reading of the values.

parquet_rows.py ROWS: types.parquet, types.arrow, stream.arrow and types.jsonl here.
"""
import base64
import datetime
import decimal
import json
import random
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = ("alpha beta gamma delta epsilon http://some.where/page café "
         "naïve \"quoted\" back\\slash tab\there line\nbreak mail@to.me 10.0.0.1 "
         "zażółć 漢字 \U0001f600 \x01 end. The of and").split(" ")


def columns(n, rng):
    def some(make):  # every fifth is null
        return [None if i % 5 == 4 else make(i) for i in range(n)]

    def ints(bits, signed):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return some(lambda i: low if i % 7 == 0 else high if i % 7 == 1 else rng.randint(low, high))

    text = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 60))) for _ in range(n)]
    yield "text", pa.string(), text
    yield "id", pa.int64(), list(range(n))
    for bits in (8, 16, 32, 64):
        yield f"i{bits}", getattr(pa, f"int{bits}")(), ints(bits, True)
        yield f"u{bits}", getattr(pa, f"uint{bits}")(), ints(bits, False)
    yield "f64", pa.float64(), some(lambda i: [0.1, -0.0, 1e300, 5e-324, 1e16, float("nan"),
                                              float("inf"), rng.gauss(0, 1e3)][i % 8])
    yield "f32", pa.float32(), some(lambda i: rng.gauss(0, 1) * 10 ** rng.randint(-20, 20))
    yield "yes", pa.bool_(), some(lambda i: i % 3 == 0)
    for digits, scale in ((9, 2), (18, 0), (38, 20), (60, 5)):
        kind = pa.decimal128(digits, scale) if digits <= 38 else pa.decimal256(digits, scale)
        yield f"d{digits}", kind, some(lambda i: decimal.Decimal(
            rng.randint(-10 ** digits + 1, 10 ** digits - 1)).scaleb(-scale, decimal.Context(prec=80)))
    for unit in ("ms", "us", "ns"):
        per = {"ms": 10 ** 3, "us": 10 ** 6, "ns": 10 ** 9}[unit]
        stamps = some(lambda i: rng.randint(-9 * 10 ** 9, 9 * 10 ** 9) * per + rng.randint(0, per - 1))
        yield f"ts_{unit}", pa.timestamp(unit), stamps
        yield f"tz_{unit}", pa.timestamp(unit, "Europe/Berlin"), stamps
        kind = pa.time32(unit) if unit == "ms" else pa.time64(unit)
        yield f"time_{unit}", kind, some(lambda i: rng.randint(0, 86400 * per - 1))
    yield "day", pa.date32(), some(lambda i: rng.randint(-700000, 2000000))
    yield "bytes", pa.binary(), some(lambda i: bytes(rng.randrange(256) for _ in range(i % 9)))
    yield "fixed", pa.binary(5), some(lambda i: bytes(rng.randrange(256) for _ in range(5)))
    yield "word", pa.dictionary(pa.int16(), pa.string()), some(lambda i: WORDS[i % 11])
    yield "large", pa.large_string(), some(lambda i: WORDS[i % 17])
    yield "list", pa.list_(pa.int32()), some(lambda i: [None if j == 2 else j for j in range(i % 6)])
    yield "lists", pa.list_(pa.list_(pa.string())), some(
        lambda i: [None if j == 3 else WORDS[: j] for j in range(i % 5)])
    yield "map", pa.map_(pa.string(), pa.int64()), some(
        lambda i: [(WORDS[j], None if j == 1 else j) for j in range(i % 4)])
    meta = pa.struct([("url", pa.string()), ("size", pa.int32()),
                      ("inner", pa.struct([("tags", pa.list_(pa.string())), ("x", pa.float64())]))])
    yield "meta", meta, some(lambda i: {
        "url": f"http://h/{i}", "size": None if i % 3 == 0 else i,
        "inner": None if i % 4 == 0 else {"tags": WORDS[: i % 3], "x": i / 8}})
    yield "nothing", pa.null(), [None] * n


def shortest(value):
    """Of a float of 32 bits."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return repr(float(text))
    return json.dumps(value)


def since(scalar, unit):
    per = {"s": 1, "ms": 10 ** 3, "us": 10 ** 6, "ns": 10 ** 9}[unit]
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=scalar.value // per)
    return moment, f".{scalar.value % per:0{digits}d}" if digits else ""


def to_json(scalar):
    kind = scalar.type
    if not scalar.is_valid:
        return "null"
    if pa.types.is_dictionary(kind):
        return to_json(scalar.value)
    if pa.types.is_struct(kind):
        fields = (f"{json.dumps(f.name)}: {to_json(scalar[i])}" for i, f in enumerate(kind))
        return "{" + ", ".join(fields) + "}"
    if pa.types.is_map(kind):
        pairs = (f"[{to_json(pair[0])}, {to_json(pair[1])}]" for pair in scalar.values)
        return "[" + ", ".join(pairs) + "]"
    if pa.types.is_list(kind):
        return "[" + ", ".join(to_json(item) for item in scalar.values) + "]"
    if pa.types.is_decimal(kind):
        return format(scalar.as_py(), "f")
    if pa.types.is_timestamp(kind):
        moment, fraction = since(scalar, kind.unit)
        return f'"{moment.isoformat()}{fraction}{"Z" if kind.tz else ""}"'
    if pa.types.is_time(kind):
        moment, fraction = since(scalar, kind.unit)
        return f'"{moment.time().isoformat()}{fraction}"'
    if pa.types.is_date(kind):
        return f'"{scalar.as_py().isoformat()}"'
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return f'"{base64.b64encode(scalar.as_py()).decode()}"'
    if kind == pa.float32():
        return shortest(scalar.as_py())
    return json.dumps(scalar.as_py(), ensure_ascii=False)


def line(table, row):
    fields = (f"{json.dumps(name)}: {to_json(table.column(name)[row])}" for name in table.column_names)
    return "{" + ", ".join(fields) + "}\n"


def main():
    rows = int(sys.argv[1])
    table = pa.table({name: pa.array(values, kind)
                      for name, kind, values in columns(rows, random.Random(7))})
    pq.write_table(table, "types.parquet", row_group_size=150, data_page_size=2000,
                   write_batch_size=10)
    table = pq.read_table("types.parquet")  # with the types that Parquet has for them
    with open("types.jsonl", "w", encoding="utf-8") as out:
        out.writelines(line(table, i) for i in range(rows))
    for name, begin in (("types.arrow", pa.ipc.new_file), ("stream.arrow", pa.ipc.new_stream)):
        with begin(name, table.schema) as out:
            out.write_table(table, 77)


main()
