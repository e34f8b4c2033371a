"""Writes a store with every kind of value that a real chromadb takes.

usage: python write_values.py STORE
"""

import sys

import chromadb

# What an engine does not take is passed over: lists are new in 1.5.
METADATA = [
    {"a": 1},
    {"a": 2**60 + 1},
    {"a": -(2**63)},
    {"a": 1.0},
    {"a": -0.0},
    {"a": 0.1},
    {"a": 1e300},
    {"a": 5e-324},
    {"a": 123456789012345680.0},
    {"a": True, "b": False},
    {"a": "x\u0085\u202e\n\"'\\ \U0001f600"},
    {"a": float("nan"), "k": 1},
    {"a": float("inf")},
    None,
    {"": "no key", "k\n\"": "a key"},
    {"l": ["a", "b"], "i": [1, 2**60 + 1], "f": [1.0, 2.5], "w": [1.0, 2.0], "b": [True, False]},
]


def main():
    client = chromadb.PersistentClient(sys.argv[1])
    settings = {"hnsw:space": "cosine", "hnsw:sync_threshold": 8, "hnsw:batch_size": 4, "n": 3, "f": 2.0}
    collection = client.create_collection("values", metadata=settings)
    for number, metadata in enumerate(METADATA):
        try:
            collection.add(
                ids=[f"id {number}"],
                embeddings=[[0.1 * number + 0.3, 0.2, 0.7]],
                metadatas=None if metadata is None else [metadata],
                documents=[f"document {number}"] if number % 2 == 0 else None,
            )
        except Exception as error:
            print(f"{number}: {error}", file=sys.stderr)
    collection.add(ids=["uri"], embeddings=[[1, 2, 3.5]], uris=["file:///x"])
    collection.update(ids=["id 0"], metadatas=[{"z": 5}], embeddings=[[3, 3, 9]])
    collection.update(ids=["id 3"], documents=["another"], embeddings=[[1, 1, 2]])
    collection.upsert(ids=["id 5"], embeddings=[[7, 3, 1]], metadatas=[{"a": 2}])
    collection.delete(ids=["id 6"])
    client.create_collection("nothing")


main()
