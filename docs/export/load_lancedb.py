"""Loads an export of vecfsck (Parquet) into LanceDB.

usage: python load_lancedb.py EXPORT.parquet|DIRECTORY DATABASE

Needs: pip install lancedb pyarrow

Every collection becomes a table, whose name is that of the collection with everything replaced that
LanceDB does not take: id, document, metadata (JSON), uri, vector. Records without a vector are passed
over, and counted.
"""

import json
import pathlib
import re
import sys

import lancedb
import pyarrow
import pyarrow.parquet

ROWS_PER_BATCH = 4096


def table_name(header):
    """A name as LanceDB takes it."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", header["name"] or header["id"])


def to_schema(dimension):
    """The columns of a table: vectors of a known length are what LanceDB searches."""
    texts = [(name, pyarrow.string()) for name in ("id", "document", "metadata", "uri")]
    return pyarrow.schema([*texts, ("vector", pyarrow.list_(pyarrow.float32(), dimension))])


def read_batches(file, schema, passed_over):
    """Yields the records as LanceDB takes them."""
    for batch in file.iter_batches(ROWS_PER_BATCH):
        complete = batch.filter(batch.column("embedding").is_valid())
        passed_over[0] += batch.num_rows - complete.num_rows
        vectors = complete.column("embedding").flatten()
        columns = [complete.column(name) for name in ("id", "document", "metadata", "uri")]
        vector = pyarrow.FixedSizeListArray.from_arrays(vectors, schema.field("vector").type.list_size)
        yield pyarrow.RecordBatch.from_arrays([*columns, vector], schema=schema)


def load(database, path):
    """Loads one file."""
    file = pyarrow.parquet.ParquetFile(path)
    header = json.loads(file.schema_arrow.metadata[b"vecfsck.collection"])
    if header["dimension"] is None:
        print(f"{header['name']}: no vectors, and no table")
        return
    schema = to_schema(header["dimension"])
    passed_over = [0]
    table = database.create_table(
        table_name(header), data=read_batches(file, schema, passed_over), schema=schema
    )
    without = f", {passed_over[0]} without a vector left out" if passed_over[0] else ""
    print(f"{header['name']}: {table.count_rows()} records{without}")


def main():
    export, target = map(pathlib.Path, sys.argv[1:])
    database = lancedb.connect(target)
    for path in sorted(export.glob("*.parquet")) if export.is_dir() else [export]:
        load(database, path)


main()
