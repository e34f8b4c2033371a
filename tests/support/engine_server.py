"""A real chromadb that answers questions about stores, one JSON object per line.

usage: python engine_server.py

Each line of standard input is a command; its answer is one line of standard output:

    {"command": "ask", "store": PATH, "collections": [QUESTIONS, ...]}
    {"command": "churn", "store": PATH, "seed": N, "operations": N, "collections": [SETTINGS, ...]}

`ask` opens the store, which the engine may write to, and gives all that it says of each collection.
`churn` makes the collections that are missing, carries out random writes, and gives what a reader
must find then. One process answers for many stores; a store that kills it is known by its end.
"""

import base64
import json
import logging
import os
import random
import resource
import sys

import chromadb
import numpy
from chromadb.config import Settings

LONGEST_COMPLAINT = 300
BATCH = 50


def encode_vectors(vectors):
    """Turns rows of f32 into base64; None where one of them is missing."""
    if vectors is None or any(vector is None for vector in vectors):
        return None
    return base64.b64encode(numpy.asarray(vectors, dtype=numpy.float32).tobytes()).decode()


def decode_vectors(text, dimension):
    """Turns base64 of little-endian f32 into rows."""
    return numpy.frombuffer(base64.b64decode(text), dtype=numpy.float32).reshape(-1, dimension)


def complain(error):
    """Says in one line what an engine has thrown."""
    return f"{type(error).__name__}: {str(error)[:LONGEST_COMPLAINT]}".replace("\n", " ")


class Opened:
    """A store that is open in the engine until the end of a block."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        settings = Settings(anonymized_telemetry=False)
        self.client = chromadb.PersistentClient(path=self.path, settings=settings)
        return self.client

    def __exit__(self, *_):
        try:
            self.client._system.stop()
        except BaseException:
            pass
        self.client.clear_system_cache()


def find_collection(client, question):
    """Finds a collection by its name, or by its id where it has another name now."""
    try:
        return client.get_collection(question["name"], embedding_function=None)
    except BaseException as error:
        for listed in client.list_collections():
            name = listed if isinstance(listed, str) else listed.name
            collection = client.get_collection(name, embedding_function=None)
            if str(collection.id) == question.get("id"):
                return collection
        raise error


def search(collection, vectors, neighbours):
    """Searches in batches; gives the ids and the distances."""
    ids, distances = [], []
    for start in range(0, len(vectors), BATCH):
        part = vectors[start : start + BATCH].tolist()
        got = collection.query(
            query_embeddings=part, n_results=neighbours, include=["distances"]
        )
        ids.extend(got["ids"])
        distances.extend([[float(value) for value in row] for row in got["distances"]])
    return {"ids": ids, "distances": distances}


def ask_collection(client, question):
    """Everything that the engine says of one collection, or the error with which it ended."""
    answer = {"name": question["name"], "error": None}
    try:
        collection = find_collection(client, question)
        answer["name"] = collection.name
        answer["count"] = collection.count()
        records = collection.get(include=["embeddings", "documents", "metadatas"])
        answer["ids"] = records["ids"]
        answer["vectors"] = encode_vectors(records["embeddings"])
        answer["documents"] = records["documents"]
        answer["metadatas"] = records["metadatas"]
        neighbours = min(5, answer["count"])
        if neighbours:
            queries = decode_vectors(question["queries"], question["dimension"])
            answer["found"] = search(collection, queries, neighbours)
            own = decode_vectors(answer["vectors"], question["dimension"])
            answer["own"] = [ids[0] for ids in search(collection, own, 1)["ids"]]
        answer["words"] = [
            collection.get(where_document={"$contains": word}, include=[])["ids"]
            for word in question["words"]
        ]
        answer["filters"] = [
            collection.get(where=where, include=[])["ids"] for where in question["filters"]
        ]
        absent = question.get("absent") or []
        answer["absent"] = collection.get(ids=absent, include=[])["ids"] if absent else []
    # A panic of the engine's Rust half is no Exception.
    except BaseException as error:
        answer["error"] = complain(error)
    return answer


def list_names(client):
    """The names of all collections."""
    listed = client.list_collections()
    return sorted(entry if isinstance(entry, str) else entry.name for entry in listed)


def ask(command):
    """Answers the command of that name."""
    with Opened(command["store"]) as client:
        answers = [ask_collection(client, question) for question in command["collections"]]
        return {"names": list_names(client), "collections": answers}


class Churned:
    """A collection under random writes, and what a reader must find of it."""

    def __init__(self, client, settings, generator):
        self.settings = settings
        self.generator = generator
        self.noise = numpy.random.default_rng(generator.randrange(2**32))
        metadata = {
            "hnsw:space": settings["space"],
            "hnsw:sync_threshold": settings["sync"],
            "hnsw:batch_size": min(settings["sync"], 10),
        }
        name = settings["name"]
        known = name in list_names(client)
        if known:
            self.collection = client.get_collection(name, embedding_function=None)
        else:
            self.collection = client.create_collection(
                name, metadata=metadata, embedding_function=None
            )
        self.records = self.read() if known else {}
        self.deleted = []
        # Ids that were there before are not to be made again.
        self.prefix = f"{name}-later" if known else name
        self.made = 0

    def read(self):
        """What the engine says that the records are."""
        got = self.collection.get(include=["embeddings", "documents", "metadatas"])
        rows = zip(got["ids"], got["embeddings"], got["documents"], got["metadatas"])
        return {
            record: {"vector": numpy.asarray(vector, dtype=numpy.float32), "document": document,
                     "metadata": dict(metadata or {})}
            for record, vector, document, metadata in rows
        }

    def vectors(self, count):
        """Random vectors, of any length where only their direction decides."""
        rows = self.noise.standard_normal((count, self.settings["dimension"]))
        if self.settings["space"] == "cosine":
            rows *= self.noise.uniform(0.5, 4, (count, 1))
        return rows.astype(numpy.float32)

    def describe(self, record):
        """A text and metadata for a record, other ones each time."""
        number = self.generator.randrange(10**6)
        text = f"{record} of {self.settings['name']}: the quick brown fox number {number}"
        kind = "even" if number % 2 == 0 else "odd"
        return text, {"page": number, "kind": kind, "score": number / 8, "kept": number % 3 == 0}

    def put(self, verb, ids):
        """Writes whole records with add or upsert."""
        vectors = self.vectors(len(ids))
        described = [self.describe(record) for record in ids]
        verb(
            ids=ids,
            embeddings=vectors.tolist(),
            documents=[text for text, _ in described],
            metadatas=[metadata for _, metadata in described],
        )
        for record, vector, (text, metadata) in zip(ids, vectors, described):
            old = self.records.get(record, {}).get("metadata", {})
            self.records[record] = {
                "vector": vector, "document": text, "metadata": {**old, **metadata}
            }

    def choose(self, most):
        """Some ids of records that there are."""
        ids = sorted(self.records)
        return self.generator.sample(ids, min(len(ids), self.generator.randint(1, most)))

    def fill(self, count):
        """Adds so many new records."""
        for start in range(0, count, BATCH):
            ids = [f"{self.prefix}-{self.made + at:05d}"
                   for at in range(min(BATCH, count - start))]
            self.made += len(ids)
            self.put(self.collection.add, ids)

    def add(self):
        """Adds new records, or such as were deleted before."""
        count = self.generator.randint(1, 12)
        ids = []
        for _ in range(count):
            returning = self.settings.get("returning", 0.35)
            if self.deleted and self.generator.random() < returning:
                ids.append(self.deleted.pop(self.generator.randrange(len(self.deleted))))
            else:
                ids.append(f"{self.prefix}-{self.made:05d}")
                self.made += 1
        self.put(self.collection.add, ids)

    def upsert(self):
        """Writes records over, and new ones beside them."""
        ids = self.choose(6)
        ids.append(f"{self.prefix}-{self.made:05d}")
        self.made += 1
        self.put(self.collection.upsert, ids)

    def update_vectors(self):
        """Gives records other vectors and nothing else."""
        ids = self.choose(5)
        vectors = self.vectors(len(ids))
        self.collection.update(ids=ids, embeddings=vectors.tolist())
        for record, vector in zip(ids, vectors):
            self.records[record]["vector"] = vector

    def update_metadata(self):
        """Gives records other metadata and no vectors."""
        ids = self.choose(5)
        metadatas = [self.describe(record)[1] for record in ids]
        self.collection.update(ids=ids, metadatas=metadatas)
        for record, metadata in zip(ids, metadatas):
            self.records[record]["metadata"] = {**self.records[record]["metadata"], **metadata}

    def delete(self):
        """Deletes records."""
        ids = self.choose(4)
        self.collection.delete(ids=ids)
        for record in ids:
            del self.records[record]
        self.deleted.extend(ids)

    def step(self):
        """Carries out one random write."""
        verbs = [self.add, self.upsert, self.update_vectors, self.update_metadata, self.delete]
        verb = self.generator.choices(verbs, self.settings.get("weights", [30, 15, 15, 15, 25]))[0]
        if verb == self.add or self.records:
            verb()
        else:
            self.add()

    def facts(self):
        """What a reader must find, in the form of expected.json."""
        ids = sorted(self.records)
        rows = [self.records[record] for record in ids]
        dimension = self.settings["dimension"]
        return {
            "id": str(self.collection.id),
            "space": self.settings["space"],
            "dimension": dimension,
            "count": len(ids),
            "ids": ids,
            "documents": [row["document"] for row in rows],
            "metadatas": [row["metadata"] for row in rows],
            "embeddings_f32_base64": encode_vectors([row["vector"] for row in rows]),
            "queries_f32_base64": encode_vectors(self.vectors(8)),
        }


def churn(command):
    """Answers the command of that name."""
    generator = random.Random(command["seed"])
    with Opened(command["store"]) as client:
        churned = [Churned(client, settings, generator) for settings in command["collections"]]
        busy = [one for one in churned if one.settings.get("share", 1) > 0]
        shares = [one.settings.get("share", 1) for one in busy]
        for one in churned:
            one.fill(one.settings.get("first", 0))
        for _ in range(command["operations"]):
            generator.choices(busy, shares)[0].step()
        for name in command.get("delete", []):
            client.delete_collection(name)
        gone = set(command.get("delete", []))
        facts = {one.settings["name"]: one.facts() for one in churned}
        return {"collections": {name: value for name, value in facts.items() if name not in gone}}


COMMANDS = {"ask": ask, "churn": churn}


def main():
    # Engines may crash: leave no core files, and leave the machine to others.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    logging.disable(logging.CRITICAL)
    # What the engine prints by itself is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = COMMANDS[command["command"]](command)
        except BaseException as error:
            answer = {"error": complain(error)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
