"""Loads an export of vecfsck (JSON Lines) into PostgreSQL with pgvector.

usage: python load_pgvector.py EXPORT.jsonl postgresql://USER@HOST/DATABASE [--index]

Needs: pip install "psycopg[binary]"; in the database: CREATE EXTENSION vector.

Every collection becomes a table of its name, which must not be there yet: id, document, metadata,
uri, embedding. All of them come in one transaction, or none. --index adds an index over the distance
that the collection had. Records without a vector are loaded with NULL in its place.
"""

import json
import sys

import psycopg
from psycopg import sql

OPERATORS = {"l2": "vector_l2_ops", "ip": "vector_ip_ops", "cosine": "vector_cosine_ops"}

# What an index of pgvector takes.
MOST_INDEXED_DIMENSIONS = 2000

COLUMNS = sql.SQL("id, document, metadata, uri, embedding")


def clean(text):
    """A text as PostgreSQL takes it: it has neither U+0000 nor half a pair of surrogates."""
    if text is None:
        return None
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def clean_json(value):
    """Metadata as jsonb takes it: infinity, which JSON lacks, becomes null."""
    if isinstance(value, dict):
        return {clean(key): clean_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean_json(inner) for inner in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    return clean(value) if isinstance(value, str) else value


def to_row(record):
    """The values of a row, in the order of the columns."""
    metadata, embedding = record["metadata"], record["embedding"]
    return (
        clean(record["id"]),
        clean(record["document"]),
        None if metadata is None else json.dumps(clean_json(metadata)),
        clean(record.get("uri")),
        None if embedding is None else json.dumps(embedding),
    )


def read_collections(lines):
    """Yields what is known of each collection, and an iterator over its records."""
    line = next(lines, None)
    while line is not None:
        header = json.loads(line)
        following = []

        def records():
            for text in lines:
                record = json.loads(text)
                if "header" in record:
                    following.append(text)
                    return
                yield record

        yield header["header"], records()
        line = following.pop() if following else None


def create_table(cursor, header):
    """Makes the table of a collection, and returns its name."""
    table = sql.Identifier(clean(header["name"] or header["id"]))
    vector = "vector" if header["dimension"] is None else f"vector({int(header['dimension'])})"
    cursor.execute(
        sql.SQL(
            "CREATE TABLE {} (id text, document text, metadata jsonb, uri text, embedding {})"
        ).format(table, sql.SQL(vector))
    )
    return table


def main():
    export, uri = sys.argv[1:3]
    with psycopg.connect(uri) as connection, open(export, encoding="utf-8") as lines:
        cursor = connection.cursor()
        for header, records in read_collections(lines):
            table = create_table(cursor, header)
            count = 0
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(table, COLUMNS)
            with cursor.copy(copy) as rows:
                for record in records:
                    rows.write_row(to_row(record))
                    count += 1
            dimension = header["dimension"]
            is_indexed = dimension is not None and dimension <= MOST_INDEXED_DIMENSIONS
            if "--index" in sys.argv and is_indexed:
                operators = sql.SQL(OPERATORS[header["space"] or "l2"])
                cursor.execute(
                    sql.SQL("CREATE INDEX ON {} USING hnsw (embedding {})").format(table, operators)
                )
            print(f"{header['name']}: {count} records")


main()
