"""Asks a real chromadb about a store and holds every answer against the facts.

usage: python judge.py STORE EXPECTED_JSON [TIMEOUT_SECONDS]

Prints one JSON object: the name of each collection with "ok" or with what is wrong, and "*" with
what befell the process as a whole: the signal that killed it, a timeout, or the error with which
it ended. The store is copied first and never touched; the engine runs in a process of its own,
because a damaged store may kill it.
"""

import base64
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

# No engine hangs by a damage; one that only has little of the processor must not seem to.
DEFAULT_TIMEOUT_SECONDS = 300
NEIGHBOURS = 5
# An approximate index may miss some of the nearest records without being damaged.
LOWEST_RECALL = 0.9
VECTOR_TOLERANCE = 1e-4
LONGEST_COMPLAINT = 200


def decode_vectors(text, dimension):
    """Turns base64 of little-endian f32 into an array of one row for each vector."""
    import numpy

    return numpy.frombuffer(base64.b64decode(text), dtype=numpy.float32).reshape(-1, dimension)


def ask_queries(collection, facts):
    """Searches with every query of the facts; yields what is wrong with the answers."""
    queries = decode_vectors(facts["queries_f32_base64"], facts["dimension"])
    answers = collection.query(
        query_embeddings=queries.tolist(), n_results=NEIGHBOURS, include=["distances"]
    )
    wanted = [set(answer["ids"]) for answer in facts["answers"]]
    hits = sum(len(want & set(got)) for want, got in zip(wanted, answers["ids"]))
    total = sum(len(want) for want in wanted)
    if hits < LOWEST_RECALL * total:
        yield f"query {hits}/{total}"


def is_same_vector(got, want):
    """Whether a vector came back as it was stored."""
    import numpy

    if got is None:
        return False
    return numpy.allclose(numpy.asarray(got, dtype=numpy.float32), want, atol=VECTOR_TOLERANCE)


def ask_records(collection, facts):
    """Gets every record; yields which are missing and how many vectors and documents are wrong."""
    records = collection.get(include=["embeddings", "documents", "metadatas"])
    row_of = {record_id: row for row, record_id in enumerate(records["ids"])}
    present = [(row_of[i], k) for k, i in enumerate(facts["ids"]) if i in row_of]
    missing = len(facts["ids"]) - len(present)
    if missing:
        yield f"get missing {missing}"
    vectors = decode_vectors(facts["embeddings_f32_base64"], facts["dimension"])
    embeddings, documents = records["embeddings"], records["documents"]
    wrong = sum(not is_same_vector(embeddings[row], vectors[k]) for row, k in present)
    if wrong:
        yield f"vectors wrong {wrong}"
    wrong = sum(documents[row] != facts["documents"][k] for row, k in present)
    if wrong:
        yield f"documents wrong {wrong}"


def ask_filters(collection, name, facts):
    """Filters by text and by metadata; yields the filters that find other records than they must."""
    for word in ("number 7", "number 11", f"of {name}"):
        got = set(collection.get(where_document={"$contains": word}, include=[])["ids"])
        want = {i for i, text in zip(facts["ids"], facts["documents"]) if word in text}
        if got != want:
            yield f"full text '{word}' {len(got)} != {len(want)}"
            break
    got = set(collection.get(where={"kind": "odd"}, include=[])["ids"])
    want = {i for i, metadata in zip(facts["ids"], facts["metadatas"]) if metadata["kind"] == "odd"}
    if got != want:
        yield f"metadata filter {len(got)} != {len(want)}"


def ask_collection(client, name, facts):
    """Asks everything about one collection; gives "ok" or the complaints in one line."""
    try:
        collection = client.get_collection(name, embedding_function=None)
        complaints = []
        count = collection.count()
        if count != facts["count"]:
            complaints.append(f"count {count} != {facts['count']}")
        complaints.extend(ask_queries(collection, facts))
        complaints.extend(ask_records(collection, facts))
        complaints.extend(ask_filters(collection, name, facts))
        return "; ".join(complaints) or "ok"
    # A panic of the engine's Rust half is no Exception.
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:LONGEST_COMPLAINT]}"


def answer(store, expected_path):
    """The child: opens the store and prints a line for each collection as soon as it is known."""
    import logging

    import chromadb
    from chromadb.config import Settings

    logging.disable(logging.CRITICAL)
    with open(expected_path) as file:
        expected = json.load(file)
    client = chromadb.PersistentClient(path=store, settings=Settings(anonymized_telemetry=False))
    for name, facts in expected["collections"].items():
        if facts["count"]:
            print(json.dumps({name: ask_collection(client, name, facts)}), flush=True)


def describe_end(process):
    """What befell the child as a whole, or None when it ended well."""
    if process.returncode < 0:
        return f"signal {-process.returncode}"
    if process.returncode > 0:
        return ((process.stderr.strip().splitlines() or ["?"])[-1])[:LONGEST_COMPLAINT]
    return None


def judge(store, expected_path, timeout_seconds):
    """The parent: copies the store, lets the child ask, and puts the verdict together."""
    with tempfile.TemporaryDirectory(prefix="vecfsck-judge-") as scratch:
        copy = os.path.join(scratch, "store")
        shutil.copytree(store, copy)
        command = [sys.executable, os.path.abspath(__file__), "--answer", copy]
        command.append(os.path.abspath(expected_path))
        verdict = {}
        try:
            # What a hostile store makes the engine write stays in the scratch directory.
            process = subprocess.run(
                command, cwd=scratch, capture_output=True, text=True, timeout=timeout_seconds
            )
        except subprocess.TimeoutExpired:
            return {"*": "timeout"}
        for line in process.stdout.splitlines():
            if line.startswith("{"):
                verdict.update(json.loads(line))
        end = describe_end(process)
        if end is not None:
            verdict["*"] = end
        return verdict


def main(arguments):
    if arguments[:1] == ["--answer"]:
        answer(arguments[1], arguments[2])
        return
    # The engine is expected to crash: leave no core files, and leave the machine to others.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    timeout_seconds = float(arguments[2]) if len(arguments) > 2 else DEFAULT_TIMEOUT_SECONDS
    print(json.dumps(judge(arguments[0], arguments[1], timeout_seconds)))


if __name__ == "__main__":
    main(sys.argv[1:])
