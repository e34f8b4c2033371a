"""Writes the stores of tests/fixtures/flushed with the chromadb that is installed.

    python scripts/make_flush_stages.py chroma-1.5.9.tar.gz

start    three collections (cosine, l2, ip) whose first writes were flushed
waiting  the same after writes of every kind, which wait in the queue for the index
flushed  the same after the engine has moved them into the index
again    the cosine collection made anew from the normalised vectors of its index, and flushed

Nothing but chromadb writes the stores, with one exception: between `waiting` and `flushed` the
thresholds are lowered in SQLite, for no version has a call that flushes.
"""

import os
import pickle
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile

import chromadb
import numpy as np

DIMENSION = 12
FIRST = 30
SPACES = ("cosine", "l2", "ip")
TAKES_NULL = chromadb.__version__.startswith("1.")
TAKES_LISTS = chromadb.__version__.startswith("1.5")

# Another seed for every action, for each runs in a process of its own.
rng = np.random.default_rng(len(sys.argv[1]) + 11 * len(sys.argv))


def client(path):
    return chromadb.PersistentClient(
        path=path, settings=chromadb.Settings(anonymized_telemetry=False)
    )


def vectors(count):
    scale = rng.choice([1, 0.01, 1000], size=(count, 1))
    return (rng.standard_normal((count, DIMENSION)) * scale).astype(np.float32).tolist()


def metadata(number):
    return {
        "integer": number,
        "negative": -number,
        "large": 2**53 + number,
        "float": number / 7,
        "whole": float(number),
        "tiny": 1e-300 * (number + 1),
        "boolean": number % 2 == 0,
        "text": f"text {number} ü 😀",
    }


def make_start(path):
    store = client(path)
    for space in SPACES:
        collection = store.create_collection(
            f"stage-{space}",
            metadata={
                "hnsw:space": space,
                "hnsw:sync_threshold": FIRST,
                "hnsw:batch_size": 10,
            },
        )
        collection.add(
            ids=[f"r{number}" for number in range(FIRST)],
            embeddings=vectors(FIRST),
            metadatas=[metadata(number) for number in range(FIRST)],
            documents=[f"document {number}" for number in range(FIRST)],
        )


def write_on(path):
    store = client(path)
    for space in SPACES:
        collection = store.get_collection(f"stage-{space}")
        collection.update(ids=["r0", "r1"], embeddings=vectors(2))
        collection.update(
            ids=["r1", "r2"], metadatas=[{"text": "changed", "float": 0.9504636963259353}] * 2
        )
        taken = {"text": None, "integer": 1.5} if TAKES_NULL else {"integer": 1.5}
        collection.update(ids=["r3"], metadatas=[taken])
        collection.delete(ids=["r4", "r5", "r6"])
        collection.upsert(
            ids=["r6", "r7"], embeddings=vectors(2), documents=["upserted 6", "upserted 7"]
        )
        collection.add(
            ids=["r4", "new1", "new2"], embeddings=vectors(3), documents=["a", "b", "c"]
        )
        collection.add(ids=["r8"], embeddings=vectors(1), documents=["passed over"])
        collection.update(ids=["missing"], embeddings=vectors(1), documents=["passed over"])
        collection.delete(ids=["new2"])
        if TAKES_LISTS:
            lists = [{"list": [1, 2, 3]}, {"list": ["b", "a", "b"]}, {"list": [0.5, 1.0]}]
            collection.update(ids=["r9", "r10", "r11"], metadatas=lists)
            collection.update(ids=["r11"], metadatas=[{"list": "a text now"}])


def lower_thresholds(path):
    database = sqlite3.connect(f"{path}/chroma.sqlite3")
    database.execute(
        "UPDATE segment_metadata SET int_value = 2 WHERE key IN ('hnsw:sync_threshold', 'hnsw:batch_size')"
    )
    names = {row[1] for row in database.execute("PRAGMA table_info(collections)")}
    for column in names & {"config_json_str", "schema_str"}:
        for key, text in database.execute(f"SELECT id, {column} FROM collections").fetchall():
            lowered = re.sub(r'("(?:sync_threshold|batch_size)"\s*:\s*)\d+', r"\g<1>2", text or "")
            if text is not None:
                database.execute(f"UPDATE collections SET {column} = ? WHERE id = ?", (lowered, key))
    database.commit()
    database.close()


def flush(path):
    store = client(path)
    for space in SPACES:
        collection = store.get_collection(f"stage-{space}")
        collection.get(include=["embeddings"])
        collection.query(query_embeddings=[[0.5] * DIMENSION], n_results=3)


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return type(name, (), {})


def read_index(path):
    """Reads the normalised vectors of the cosine collection by id."""
    database = sqlite3.connect(f"{path}/chroma.sqlite3")
    (segment,) = database.execute(
        "SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection"
        " WHERE c.name = 'stage-cosine' AND s.scope = 'VECTOR'"
    ).fetchone()
    database.close()
    with open(f"{path}/{segment}/index_metadata.pickle", "rb") as file:
        pickled = Unpickler(file).load()
    labels = (pickled if isinstance(pickled, dict) else pickled.__dict__)["id_to_label"]
    with open(f"{path}/{segment}/header.bin", "rb") as file:
        _, count, size = struct.unpack_from("<QQQ", file.read(), 12)
    slots = np.fromfile(f"{path}/{segment}/data_level0.bin", np.uint8)[: count * size]
    slots = slots.reshape(count, size)
    by_label = {int(slot[-8:].view(np.uint64)[0]): slot for slot in slots}
    start, end = size - 8 - 4 * DIMENSION, size - 8
    return {id: by_label[label][start:end].copy().view(np.float32) for id, label in labels.items()}


def make_again(flushed, path):
    normalised = read_index(flushed)
    old = client(flushed).get_collection("stage-cosine").get(include=["metadatas", "documents"])
    collection = client(path).create_collection(
        "stage-cosine",
        metadata={"hnsw:space": "cosine", "hnsw:sync_threshold": 3, "hnsw:batch_size": 3},
    )
    for id, values, document in zip(old["ids"], old["metadatas"], old["documents"]):
        collection.add(
            ids=[id],
            embeddings=[normalised[id].tolist()],
            documents=[document],
            **({"metadatas": [values]} if values else {}),
        )


ACTIONS = {
    "start": make_start,
    "write": write_on,
    "flush": flush,
    "again": make_again,
}


def run(action, *paths):
    """Runs an action in a process of its own: an engine keeps every store that it has opened."""
    subprocess.run([sys.executable, __file__, action, *paths], check=True)


def main(archive):
    with tempfile.TemporaryDirectory() as directory:
        start, waiting, flushed, again, read = (
            os.path.join(directory, name)
            for name in ("start", "waiting", "flushed", "again", "read")
        )
        run("start", start)
        shutil.copytree(start, waiting)
        run("write", waiting)
        shutil.copytree(waiting, flushed)
        lower_thresholds(flushed)
        run("flush", flushed)
        shutil.copytree(flushed, read)
        run("again", read, again)
        with tarfile.open(archive, "w:gz") as tar:
            for path in (start, waiting, flushed, again):
                tar.add(path, os.path.basename(path))


if sys.argv[1] in ACTIONS:
    ACTIONS[sys.argv[1]](*sys.argv[2:])
else:
    main(sys.argv[1])
