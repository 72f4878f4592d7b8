"""Parquet files for tests: made, compared and read with the Arrow library for Python.

usage: parquet.py all-types FILE ROWS   writes a file with a column of each type
       parquet.py same A B              values and types are the same; else exits 1
       parquet.py lines FILE LINES      FILE has what the JSON lines say
       parquet.py readable FILE         other libraries read it, where they are there
       parquet.py schema FILE           prints names and types
"""
import datetime as dt
import decimal
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def all_types(rows):
    """Each third value is null; the others reach the ends of their types."""
    def column(kind, values):
        return pa.array([None if i % 3 == 2 else values[i % len(values)]
                         for i in range(rows)], type=kind)

    columns = {"text": column(pa.string(), ["", "x\0y", "é\n\"\\/\u2028", "a" * 300, "🙂"])}
    for bits in (8, 16, 32, 64):
        top = 2 ** (bits - 1)
        columns[f"int{bits}"] = column(getattr(pa, f"int{bits}")(), [-top, top - 1, 0, 7])
        columns[f"uint{bits}"] = column(getattr(pa, f"uint{bits}")(), [0, 2 * top - 1, 1])
    floats = [0.1, -0.0, 1e300, 5e-324, float("inf"), float("-inf"), 1 / 3, 123456789.0]
    columns["float64"] = column(pa.float64(), floats)
    columns["float32"] = pa.array([None if i % 3 == 2 else x for i, x in
                                   enumerate([0.1, 16777217.0, 1e-45, 3.4e38, 1 / 3] * rows)]
                                  [:rows], type=pa.float32())
    columns["float16"] = column(pa.float32(), [0.1, 65504.0, 6e-8, -2.5]).cast(pa.float16())
    columns["bool"] = column(pa.bool_(), [True, False])
    columns["null"] = pa.nulls(rows)
    columns["large_string"] = column(pa.large_string(), ["p", "q\u0001"])
    columns["binary"] = column(pa.binary(), [b"", b"\0\xff", b"abc", b"abcd"])
    columns["large_binary"] = column(pa.large_binary(), [b"\x80" * 50])
    columns["fixed"] = column(pa.binary(3), [b"abc", b"\0\0\xff"])
    columns["decimal128"] = column(pa.decimal128(38, 10), [decimal.Decimal("-1.5000000000"),
                                   decimal.Decimal("9" * 28 + "." + "9" * 10)])
    columns["decimal256"] = column(pa.decimal256(76, 0), [decimal.Decimal("-" + "9" * 76),
                                                          decimal.Decimal(1)])
    columns["date32"] = column(pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31),
                                             dt.date(1969, 12, 31), dt.date(2024, 2, 29)])
    columns["date64"] = column(pa.date64(), [dt.date(1900, 3, 1), dt.date(2024, 2, 29)])
    for unit, kind, most in (("s", pa.time32, 86399), ("ms", pa.time32, 86399999),
                             ("us", pa.time64, 86399999999), ("ns", pa.time64, 86399999999999)):
        base = pa.int32() if kind is pa.time32 else pa.int64()
        columns[f"time_{unit}"] = column(base, [0, most, 12345]).cast(kind(unit))
        columns[f"duration_{unit}"] = column(pa.int64(), [-5, 2 ** 40]).cast(pa.duration(unit))
        for zone in (None, "UTC", "Europe/Berlin"):
            name = f"timestamp_{unit}" + ("" if zone is None else "_" + zone[:3])
            columns[name] = column(pa.int64(), [-1, 0, 1714998896789, -62135596800]).cast(
                pa.timestamp(unit, zone))
    columns["list"] = column(pa.list_(pa.int32()), [[], [1, None], [2, 3, 4]])
    columns["large_list"] = column(pa.large_list(pa.string()), [["a", None], []])
    columns["fixed_list"] = column(pa.list_(pa.float32(), 2), [[1.5, None], [0.1, 2.0]])
    columns["lists"] = column(pa.list_(pa.list_(pa.bool_())), [[[True], None, []], [[False]]])
    inner = pa.struct([("a", pa.int8()), ("b", pa.struct([("c", pa.list_(pa.date32()))]))])
    columns["struct"] = column(inner, [{"a": 1, "b": {"c": [dt.date(2000, 1, 1), None]}},
                                       {"a": None, "b": None}])
    columns["structs"] = column(pa.list_(inner), [[{"a": 3, "b": None}, None], []])
    columns["map"] = column(pa.map_(pa.string(), pa.int64()), [[("k", 1), ("l", None)], []])
    columns["maps"] = column(pa.map_(pa.int32(), pa.list_(pa.string())), [[(1, ["x"])]])
    columns["dictionary"] = column(pa.string(), ["red", "green", ""]).dictionary_encode()
    fields = [pa.field(name, array.type) for name, array in columns.items()]
    fields.append(pa.field("never_null", pa.string(), nullable=False))
    arrays = [*columns.values(), pa.array([str(i) for i in range(rows)])]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def same(left, right):
    a, b = pq.read_table(left), pq.read_table(right)
    if not a.schema.equals(b.schema):
        for x, y in zip(a.schema, b.schema):
            if not x.equals(y):
                print(f"type of {x.name}: {x}, then {y}")
        print(set(a.schema.names) ^ set(b.schema.names))
        return False
    good = a.num_rows == b.num_rows
    for name in a.schema.names if good else []:
        x, y = a[name].combine_chunks(), b[name].combine_chunks()
        # NaN is not equal to itself; text tells them apart, and 0.0 from -0.0.
        if not x.equals(y) and str(x.to_pylist()) != str(y.to_pylist()):
            print(f"values of {name} differ: {x}, then {y}")
            good = False
    return good


def lines(path, name):
    """A field that a line lacks is null; a field of several kinds is JSON text."""
    table = pq.read_table(path)
    marked = [f.name for f in table.schema if f.metadata and f.metadata.get(b"dj-mpi") == b"json"]
    with open(name, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]

    def plain(value, other):
        if isinstance(value, dict) and isinstance(other, dict):
            return {k: plain(value.get(k), v) for k, v in other.items()}
        if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
            return [plain(x, y) for x, y in zip(value, other)]
        return float(value) if type(value) is int and type(other) is float else value

    good = table.num_rows == len(rows)
    for i, (row, got) in enumerate(zip(rows, table.to_pylist())):
        for key in marked:
            got[key] = None if got[key] is None else json.loads(got[key])
        if set(row) - set(got) or str(plain(row, got)) != str(got):
            print(f"row {i}: {row}\n  became {got}")
            return False
    return good


def readable(path):
    rows = pq.ParquetFile(path).metadata.num_rows
    try:
        import pandas
        assert len(pandas.read_parquet(path)) == rows
        print("pandas reads it")
    except ImportError:
        print("pandas is not there")
    try:
        import duckdb
        assert duckdb.sql(f"select count(*) from '{path}'").fetchall()[0][0] == rows
        duckdb.sql(f"select * from '{path}'").fetchall()
        print("DuckDB reads it")
    except ImportError:
        print("DuckDB is not there")
    return True


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "all-types":
        pq.write_table(all_types(int(args[1])), args[0], row_group_size=max(1, int(args[1]) // 3))
        return 0
    if what == "schema":
        for field in pq.read_schema(args[0]):
            print(f"{field.name}: {field.type}")
        return 0
    return 0 if {"same": same, "lines": lines, "readable": readable}[what](*args) else 1


sys.exit(main())
