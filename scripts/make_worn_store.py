"""Deletes every fourth record of every collection of a store, as a program does that uses it.

usage: python make_worn_store.py STORE
"""

import sys

import chromadb
from chromadb.config import Settings

BATCH = 1000
EVERY = 4


def main():
    """Deletes, batch by batch."""
    settings = Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(path=sys.argv[1], settings=settings)
    for entry in client.list_collections():
        collection = client.get_collection(entry.name, embedding_function=None)
        ids = sorted(collection.get(include=[])["ids"])[::EVERY]
        for start in range(0, len(ids), BATCH):
            collection.delete(ids=ids[start : start + BATCH])


if __name__ == "__main__":
    main()
