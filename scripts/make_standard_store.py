"""Writes the store that `deno task bench` measures, with a real chromadb 1.x.

usage: python make_standard_store.py OUT_DIR [RECORDS] [DIMENSIONS]      (135464 384 unless told otherwise)

One collection with cosine distance: vectors around 256 centres, documents of 40 words from a small
vocabulary, two metadata fields.
"""
import sys

import chromadb
import numpy as np
from chromadb.config import Settings

BATCH = 5000
VOCABULARY = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma"
    " tau upsilon phi chi psi omega"
).split()

out = sys.argv[1]
records = int(sys.argv[2]) if len(sys.argv) > 2 else 135464
dimensions = int(sys.argv[3]) if len(sys.argv) > 3 else 384

rng = np.random.default_rng(1)
centres = rng.standard_normal((256, dimensions)).astype(np.float32)
client = chromadb.PersistentClient(path=out, settings=Settings(anonymized_telemetry=False))
collection = client.get_or_create_collection(
    "standard", metadata={"hnsw:space": "cosine"}, embedding_function=None
)
for start in range(0, records, BATCH):
    count = min(BATCH, records - start)
    noise = rng.standard_normal((count, dimensions)).astype(np.float32)
    vectors = centres[rng.integers(256, size=count)] + 0.6 * noise
    words = rng.integers(len(VOCABULARY), size=(count, 40))
    collection.add(
        ids=[f"record-{number:08d}" for number in range(start, start + count)],
        embeddings=vectors.tolist(),
        documents=[" ".join(VOCABULARY[word] for word in row) for row in words],
        metadatas=[
            {"group": number % 7, "room": f"r{number % 50}"}
            for number in range(start, start + count)
        ],
    )
print(collection.count(), "records in", out)
