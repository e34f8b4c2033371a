"""Opens a store with a real chromadb, for `vecfsck drill --engine-command`.

usage: python open_store.py DIRECTORY

Every collection is counted, read whole and searched with some of its own vectors. Ends with exit code
0 when nothing is wrong, else with 1 and the reason on standard error. The store may be written to.
"""

import logging
import resource
import sys

NEIGHBOURS = 5
MOST_QUERIES = 8


def complain(collection):
    """Yields what is wrong with one collection."""
    count = collection.count()
    records = collection.get(include=["embeddings", "documents", "metadatas"])
    if len(records["ids"]) != count:
        yield f"{len(records['ids'])} records of {count}"
    vectors = records["embeddings"] if count else []
    if len(vectors) != count or any(vector is None for vector in vectors):
        yield "a record has no vector"
        return
    queries = [[float(x) for x in vector] for vector in vectors[:: max(1, count // MOST_QUERIES)]]
    if not queries:
        return
    wanted = min(NEIGHBOURS, count)
    answers = collection.query(query_embeddings=queries, n_results=wanted, include=["distances"])
    if any(len(ids) != wanted for ids in answers["ids"]):
        yield "a search finds too few records"


def main(directory):
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(
        path=directory, settings=Settings(anonymized_telemetry=False)
    )
    complaints = []
    for listed in client.list_collections():
        name = listed if isinstance(listed, str) else listed.name
        collection = client.get_collection(name, embedding_function=None)
        complaints.extend(f"{name}: {complaint}" for complaint in complain(collection))
    if complaints:
        sys.exit("; ".join(complaints))


if __name__ == "__main__":
    main(sys.argv[1])
