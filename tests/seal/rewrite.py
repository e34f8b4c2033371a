"""Has a real Chroma write to a store: rewrite.py STORE."""

import sys

import chromadb

client = chromadb.PersistentClient(sys.argv[1])
collection = client.get_collection("notes", embedding_function=None)
first = collection.get(limit=1, include=["embeddings"])
vector = [float(value) for value in first["embeddings"][0]]
collection.add(
    ids=[f"rewritten-{number}" for number in range(50)],
    embeddings=[[value + number / 100 for value in vector] for number in range(50)],
    documents=[f"text {number}" for number in range(50)],
)
assert collection.count() >= 50
