"""Opens stores that writer.py has written, and holds the engine against their own databases.

usage: python ask_engine.py STORE...

What the store holds is read from its database first, without the engine: the records of the
metadata segment, and what the queue has beyond them. Then the engine must give the same records,
each with the document and the vector of one and the same version, and find each by its own vector.
Prints one JSON object for each store, on a line of its own: how many records each collection has,
and what is wrong with it.
"""

import json
import logging
import sqlite3
import sys

from writer import vector_of

DOCUMENT = "chroma:document"
SAMPLES = 50
# An approximate index may miss some of the nearest records without being damaged.
LOWEST_RECALL = 0.9
DELETE = 3


def to_number(value):
    """Reads a sequence number, which older engines keep as bytes."""
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value or 0


def read_expected(store):
    """Reads the documents by id of every collection, from the database alone."""
    database = sqlite3.connect(f"file:{store}/chroma.sqlite3?mode=ro", uri=True)
    expected = {}
    for collection_id, name in database.execute("SELECT id, name FROM collections").fetchall():
        (segment,) = database.execute(
            "SELECT id FROM segments WHERE collection = ? AND scope = 'METADATA'", [collection_id]
        ).fetchone()
        documents = dict(
            database.execute(
                "SELECT embedding_id, string_value FROM embeddings e JOIN embedding_metadata m "
                "ON m.id = e.id WHERE segment_id = ? AND key = ?",
                [segment, DOCUMENT],
            )
        )
        row = database.execute("SELECT seq_id FROM max_seq_id WHERE segment_id = ?", [segment])
        (position,) = row.fetchone() or (0,)
        queue = database.execute(
            "SELECT seq_id, operation, id, metadata FROM embeddings_queue WHERE topic LIKE ? "
            "ORDER BY seq_id",
            [f"%{collection_id}"],
        )
        for number, operation, record_id, metadata in queue:
            if to_number(number) <= to_number(position):
                continue
            if operation == DELETE:
                documents.pop(record_id, None)
            else:
                documents[record_id] = json.loads(metadata)[DOCUMENT]
        expected[name] = documents
    database.close()
    return expected


def find_faults(collection, expected):
    """Yields what is wrong with a collection."""
    if collection.count() != len(expected):
        yield f"count {collection.count()} != {len(expected)}"
    records = collection.get(include=["embeddings", "documents"])
    found = dict(zip(records["ids"], records["documents"]))
    if found != expected:
        differing = sum(found.get(key) != value for key, value in expected.items())
        yield f"{len(found)} records for {len(expected)}, {differing} with another document"
    wrong = 0
    for record_id, vector in zip(records["ids"], records["embeddings"]):
        want = vector_of(record_id, found[record_id].split()[1])
        wrong += vector is None or any(abs(a - b) > 1e-5 for a, b in zip(vector, want))
    if wrong:
        yield f"{wrong} vectors are not those of the documents"
    sample = sorted(expected)[:: max(1, len(expected) // SAMPLES)]
    if not sample:
        return
    queries = [vector_of(record_id, expected[record_id].split()[1]) for record_id in sample]
    answers = collection.query(query_embeddings=queries, n_results=1, include=["distances"])
    hits = sum(
        got == [want] and distances[0] < 1e-4
        for want, got, distances in zip(sample, answers["ids"], answers["distances"])
    )
    if hits < LOWEST_RECALL * len(sample):
        yield f"only {hits} of {len(sample)} records are found by their own vector"


def ask(store):
    """Asks about every collection of a store."""
    import chromadb
    from chromadb.config import Settings

    expected = read_expected(store)
    client = chromadb.PersistentClient(path=store, settings=Settings(anonymized_telemetry=False))
    answer = {}
    for name, documents in expected.items():
        collection = client.get_collection(name, embedding_function=None)
        faults = list(find_faults(collection, documents))
        answer[name] = {"records": len(documents), "faults": faults}
    client._system.stop()
    client.clear_system_cache()
    return answer


def main():
    """Asks about every store in turn."""
    logging.disable(logging.CRITICAL)
    for store in sys.argv[1:]:
        print(json.dumps(ask(store)), flush=True)


if __name__ == "__main__":
    main()
