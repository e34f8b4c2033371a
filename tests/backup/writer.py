"""Writes to a store without a pause until standard input ends.

usage: python writer.py STORE

Adds, updates and deletes records of two collections, so that the index is written to its files
again and again. A record's vector follows from its id and its version, and its document names
both, so that whoever reads them knows what belongs together. Prints "ready" when it is at work, and
at the end one JSON object: how many calls were made, and how long the longest took.
"""

import json
import logging
import random
import sys
import threading
import time

DIMENSION = 16
BATCH = 20
MOST_RECORDS = 3000


def vector_of(record_id, version):
    """Makes the vector of a version of a record."""
    source = random.Random(f"{record_id} {version}")
    return [source.uniform(-1, 1) for _ in range(DIMENSION)]


def fields_of(versions):
    """Makes the arguments that write versions of records."""
    return {
        "ids": list(versions),
        "embeddings": [vector_of(*item) for item in versions.items()],
        "documents": [f"{record_id} {version}" for record_id, version in versions.items()],
        "metadatas": [{"version": version} for version in versions.values()],
    }


class Writer:
    """What is in one collection, and the next change of it."""

    def __init__(self, collection):
        self.collection = collection
        self.live = {}
        self.made = 0

    def steps(self):
        """Yields one change after another, each as a function without arguments."""
        while True:
            new = {f"r{self.made + k}": 0 for k in range(BATCH)}
            self.made += BATCH
            yield lambda: self.collection.add(**fields_of(new))
            self.live.update(new)
            some = random.sample(sorted(self.live), 5)
            changed = {record_id: self.live[record_id] + 1 for record_id in some}
            yield lambda: self.collection.update(**fields_of(changed))
            self.live.update(changed)
            surplus = max(5, len(self.live) - MOST_RECORDS)
            gone = list(self.live)[:surplus] if len(self.live) > 100 else []
            if gone:
                yield lambda: self.collection.delete(ids=gone)
            for record_id in gone:
                del self.live[record_id]


def main():
    """Writes until it is told to stop."""
    import chromadb
    from chromadb.config import Settings

    logging.disable(logging.CRITICAL)
    settings = Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(path=sys.argv[1], settings=settings)
    metadata = {"hnsw:sync_threshold": 100, "hnsw:batch_size": 50}
    writers = [
        Writer(client.get_or_create_collection(name, metadata=metadata)) for name in ("one", "two")
    ]
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    calls, longest = 0, 0.0
    for changes in zip(*(writer.steps() for writer in writers)):
        for change in changes:
            started = time.monotonic()
            change()
            longest = max(longest, time.monotonic() - started)
            calls += 1
        if calls == 40:
            print("ready", flush=True)
        if stop.is_set():
            break
    print(json.dumps({"calls": calls, "longestSeconds": round(longest, 3)}), flush=True)


if __name__ == "__main__":
    main()
