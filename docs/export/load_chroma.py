"""Loads an export of vecfsck (JSON Lines) into Chroma, through its client.

usage: python load_chroma.py EXPORT.jsonl HOST:PORT|DIRECTORY

Needs: pip install chromadb (1.x), of the same version as the server.

Every collection is made anew, with its metadata and its distance; one of that name must not be there
yet. Records without a vector are passed over, and counted: an engine would answer with an error
wherever they are asked for.
"""

import json
import sys

import chromadb

# A request of 500 vectors of 1,536 dimensions has some 10 MB.
MOST_RECORDS = 500


def connect(target):
    """A client of a server, or of a directory."""
    host, colon, port = target.rpartition(":")
    if colon and port.isdigit():
        return chromadb.HttpClient(host=host, port=int(port))
    return chromadb.PersistentClient(target)


def create_collection(client, header):
    """Makes a collection as it was."""
    metadata = header["metadata"] or {}
    # The settings of an index have another place in 1.x.
    metadata = {key: value for key, value in metadata.items() if not key.startswith("hnsw:")}
    return client.create_collection(
        header["name"] or header["id"],
        metadata=metadata or None,
        configuration={"hnsw": {"space": header["space"] or "l2"}},
        embedding_function=None,
    )


def add(collection, records):
    """Adds some records; a column that none of them has is left out."""

    def column(name):
        values = [record.get(name) for record in records]
        return values if any(value is not None for value in values) else None

    collection.add(
        ids=[record["id"] for record in records],
        embeddings=[record["embedding"] for record in records],
        documents=column("document"),
        metadatas=column("metadata"),
        uris=column("uri"),
    )


def main():
    export, target = sys.argv[1:]
    client = connect(target)
    most = min(MOST_RECORDS, client.get_max_batch_size())
    collection, batch, passed_over = None, [], 0
    with open(export, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            is_header = "header" in record
            if batch and (is_header or len(batch) == most):
                add(collection, batch)
                batch = []
            if is_header:
                collection = create_collection(client, record["header"])
            elif record["id"] is None or record["embedding"] is None:
                passed_over += 1
            else:
                batch.append(record)
    if batch:
        add(collection, batch)
    for loaded in client.list_collections():
        print(f"{loaded.name}: {loaded.count()} records")
    if passed_over:
        print(f"{passed_over} records without a vector left out")


main()
