"""Holds an export of a store against what a real chromadb answers: `get` of every record.

usage: python compare_export.py STORE EXPORT.jsonl

STORE is opened by the engine, which writes to it: a copy. Prints one JSON object: for each collection
how many records were compared, and the first few differences.
"""

import json
import sys

import chromadb
import numpy

MOST_DIFFERENCES = 5
PAGE = 500


def read_export(path):
    """The lines of an export: a dictionary of dictionaries, by collection and id."""
    collections = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            records = collections.setdefault(record["collection"], {})
            if record["id"] is not None:
                records[record["id"]] = record
    return collections


def get_all(collection):
    """Every record as the engine gives it, page by page."""
    for offset in range(0, collection.count(), PAGE):
        try:
            page = collection.get(
                limit=PAGE, offset=offset, include=["embeddings", "documents", "metadatas", "uris"]
            )
        except ValueError:
            page = collection.get(
                limit=PAGE, offset=offset, include=["embeddings", "documents", "metadatas"]
            )
        uris = page.get("uris") or [None] * len(page["ids"])
        yield from zip(
            page["ids"], page["embeddings"], page["documents"], page["metadatas"], uris
        )


def compare(record, embedding, document, metadata, uri):
    """Yields what is different in one record."""
    want = numpy.asarray(embedding, dtype=numpy.float32)
    got = numpy.asarray(record["embedding"], dtype=numpy.float32)
    if want.tobytes() != got.tobytes():
        yield f"embedding {want[:4].tolist()} {got[:4].tolist()}"
    if document != record["document"]:
        yield f"document {document!r} {record['document']!r}"
    # Types count: 1 and 1.0 and True are equal to Python. Without a key, engines say None or {}.
    wanted = sorted((key, repr(value)) for key, value in (metadata or {}).items())
    given = sorted((key, repr(value)) for key, value in (record["metadata"] or {}).items())
    if wanted != given:
        yield f"metadata {wanted} {given}"
    if uri != record.get("uri"):
        yield f"uri {uri!r} {record.get('uri')!r}"


def judge(collection, records):
    """What the engine has of a collection, held against the export."""
    compared, differences = 0, []
    left = dict(records)
    for record_id, *values in get_all(collection):
        record = left.pop(record_id, None)
        if record is None:
            differences.append(f"{record_id}: missing")
            continue
        compared += 1
        differences.extend(f"{record_id}: {text}" for text in compare(record, *values))
    differences.extend(f"{record_id}: surplus" for record_id in left)
    return {
        "compared": compared,
        "differences": differences[:MOST_DIFFERENCES],
        "count": len(differences),
    }


def main():
    store, export = sys.argv[1:]
    exported = read_export(export)
    client = chromadb.PersistentClient(store)
    listed = client.list_collections()
    names = [one if isinstance(one, str) else one.name for one in listed]
    answer = {}
    for name in names:
        answer[name] = judge(client.get_collection(name), exported.pop(name, {}))
    for name in exported:
        answer[name] = {"compared": 0, "differences": ["no such collection"], "count": 1}
    print(json.dumps(answer))


main()
