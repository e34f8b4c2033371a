"""The peer of the index builder: chroma-hnswlib, as Chroma 0.4 to 0.6 uses it.

usage: python bench_hnswlib.py build VECTORS QUERIES DIMENSION SPACE THREADS
       python bench_hnswlib.py open  VECTORS QUERIES DIMENSION SPACE DIRECTORY [SLOTS]

VECTORS, QUERIES: f32, little-endian, one vector after another. `build` builds an index with M 16 and
ef_construction 100, `open` opens one that vecfsck has written, with labels slot + 1. Both print
JSON: the seconds of building (by the clock and of the processor), and recall@10 with ef 10 and 100 against looking at everything.
With SLOTS (u32), recall is measured on queries beside the vectors of those slots.
"""
import json
import os
import sys
import time

import hnswlib
import numpy as np

mode, vectors_file, queries_file, dimension, space, last = sys.argv[1:7]
dimension = int(dimension)
vectors = np.fromfile(vectors_file, dtype=np.float32).reshape(-1, dimension)
queries = np.fromfile(queries_file, dtype=np.float32).reshape(-1, dimension)
if len(sys.argv) > 7:
    slots = np.fromfile(sys.argv[7], dtype=np.uint32)[: len(queries)]
    near = queries[: len(slots)] / np.linalg.norm(queries[: len(slots)], axis=1, keepdims=True)
    queries = vectors[slots] + 0.1 * np.linalg.norm(vectors[slots], axis=1, keepdims=True) * near


def nearest():
    """The labels of the ten nearest, by looking at everything; kept beside the queries."""
    kept = f"{queries_file}.{space}.npy"
    if len(sys.argv) <= 7 and os.path.exists(kept):
        return np.load(kept)
    stored = vectors
    if space == "cosine":
        stored = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
    squares = (stored * stored).sum(1)
    labels = []
    for start in range(0, len(queries), 250):
        scores = -(queries[start : start + 250] @ stored.T)
        if space == "l2":
            scores = 2 * scores + squares
        labels.append(np.argpartition(scores, 10, axis=1)[:, :10] + 1)
    labels = np.concatenate(labels)
    if len(sys.argv) <= 7:
        np.save(kept, labels)
    return labels


index = hnswlib.Index(space=space, dim=dimension)
seconds = None
cpu_seconds = None
if mode == "build":
    index.init_index(max_elements=len(vectors), M=16, ef_construction=100, random_seed=100)
    started = time.perf_counter()
    cpu_started = time.process_time()
    index.add_items(vectors, np.arange(1, len(vectors) + 1), num_threads=int(last))
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
else:
    index.load_index(last, max_elements=len(vectors), is_persistent_index=True)

recall = []
expected = nearest()
for ef in (10, 100):
    index.set_ef(ef)
    found, _ = index.knn_query(queries, k=10, num_threads=1)
    hits = sum(len(set(a) & set(b)) for a, b in zip(found.tolist(), expected.tolist()))
    recall.append(hits / (10 * len(queries)))
print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds, "recall": recall}))
