"""Has a real chromadb go on with a store: adds, updates, upserts and deletes, then everything read.

usage: python keep_working.py STORE FACTS write|read

`write` reads every collection, changes it, and writes down in FACTS (a JSON file) what it holds from
then on. `read`, in a process of its own, opens the store again and holds it against FACTS. Both print
a JSON list of complaints, which is empty when all is well.
"""

import json
import random
import sys

ADDED = 1000
CHANGED = 300
DELETED = 200
BATCH = 100
NEIGHBOURS = 5
ASKED = 40
TOLERANCE = 1e-4
SPREAD = 0.3


def open_client(store):
    import chromadb

    settings = chromadb.config.Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(path=store, settings=settings)


def names_of(client):
    # 0.6 lists names, and refuses to be asked anything else about them.
    entries = client.list_collections()
    return sorted(entry if isinstance(entry, str) else entry.name for entry in entries)


def vectors_of(collection, ids):
    got = collection.get(ids=ids, include=["embeddings"]) if ids else {"ids": [], "embeddings": []}
    return {i: [float(x) for x in v] for i, v in zip(got["ids"], got["embeddings"])}


def in_batches(values):
    return [values[start : start + BATCH] for start in range(0, len(values), BATCH)]


def change(collection, draw):
    """Changes a collection; returns the vectors that it holds afterwards."""
    held = vectors_of(collection, collection.get(include=[])["ids"])
    if not held:
        return held
    old = sorted(held)
    originals = [held[i] for i in old]

    def make(ids):
        """Vectors between two others: of noise alone, or in clumps, the engine's index loses some."""
        return {
            i: [
                (x + y) / 2 + draw.gauss(0, SPREAD)
                for x, y in zip(draw.choice(originals), draw.choice(originals))
            ]
            for i in ids
        }

    for ids in in_batches([f"new-{number}" for number in range(ADDED)]):
        new = make(ids)
        collection.add(ids=ids, embeddings=list(new.values()), documents=[f"new {i}" for i in ids])
        held.update(new)
    for number, ids in enumerate(in_batches(draw.sample(old, min(CHANGED, len(old))))):
        new = make(ids)
        write = collection.update if number % 2 == 0 else collection.upsert
        write(ids=ids, embeddings=list(new.values()))
        held.update(new)
    for ids in in_batches(draw.sample(sorted(held), min(DELETED, len(held) // 2))):
        collection.delete(ids=ids)
        for i in ids:
            del held[i]
    return held


def complaints_about(name, collection, held):
    """Yields what a collection answers wrong."""
    if collection.count() != len(held):
        yield f"{name}: count {collection.count()} in place of {len(held)}"
    ids = sorted(held)
    got = vectors_of(collection, ids)
    lost = [i for i in ids if i not in got]
    if lost:
        yield f"{name}: {len(lost)} records missing, {lost[0]} first"
    wrong = [
        i
        for i in ids
        if i in got
        and max((abs(a - b) / max(1, abs(a)) for a, b in zip(held[i], got[i])), default=0) > TOLERANCE
    ]
    if wrong:
        yield f"{name}: {len(wrong)} vectors wrong, {wrong[0]} first"
    asked = random.Random(5).sample(ids, min(ASKED, len(ids)))
    # By the inner product a longer vector can be nearer than the vector itself.
    if not asked or name == "dot":
        return
    answers = collection.query(query_embeddings=[held[i] for i in asked], n_results=NEIGHBOURS)
    missed = [i for i, found in zip(asked, answers["ids"]) if i not in found]
    if len(missed) * 10 > len(asked):
        yield f"{name}: {len(missed)} of {len(asked)} queries do not find themselves"


def main(store, facts_path, mode):
    client = open_client(store)
    facts = {}
    if mode == "write":
        for name in names_of(client):
            facts[name] = change(client.get_collection(name), random.Random(name))
        with open(facts_path, "w", encoding="utf-8") as file:
            json.dump(facts, file)
    with open(facts_path, encoding="utf-8") as file:
        facts = json.load(file)
    complaints = []
    for name in names_of(client):
        complaints.extend(complaints_about(name, client.get_collection(name), facts.get(name, {})))
    print(json.dumps(complaints))


main(*sys.argv[1:])
