"""Asks what was loaded from an export, and holds the answers against those of the store.

usage: python ask_loaded.py pgvector|lancedb|qdrant|milvus|chroma PLACE EXPECTED.json

Each query of EXPECTED.json is answered by an exact search. Prints one JSON object: for each collection
how many records there are, and how many queries were answered otherwise.
"""

import base64
import json
import sys

import numpy

NEIGHBOURS = 5

# The distances of the collections of the fixtures; all others have l2.
SPACES = {"cosine": "cosine", "dot": "ip"}

OPERATORS = {"l2": "<->", "ip": "<#>", "cosine": "<=>"}


def ask_pgvector(uri, name, space, queries):
    """The answers of PostgreSQL, which has no index to be asked."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(uri) as connection:
        table = sql.Identifier(name)
        count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()[0]
        text = sql.SQL("SELECT id FROM {} ORDER BY embedding " + OPERATORS[space] + " %s LIMIT %s")
        found = [
            [row[0] for row in connection.execute(text.format(table), (json.dumps(query), NEIGHBOURS))]
            for query in queries
        ]
    return count, found


def ask_lancedb(place, name, space, queries):
    """The answers of LanceDB, which has no index to be asked."""
    import lancedb

    table = lancedb.connect(place).open_table(name)
    metric = {"l2": "l2", "ip": "dot", "cosine": "cosine"}[space]
    found = [
        [row["id"] for row in table.search(query).distance_type(metric).limit(NEIGHBOURS).to_list()]
        for query in queries
    ]
    return table.count_rows(), found


def ask_qdrant(place, name, _space, queries):
    """The answers of Qdrant, which searches exactly where a directory has the points."""
    from qdrant_client import QdrantClient

    client = QdrantClient(path=place)
    found = [
        [point.payload["id"] for point in client.query_points(name, query, limit=NEIGHBOURS).points]
        for query in queries
    ]
    count = client.count(name).count
    client.close()
    return count, found


def ask_milvus(place, name, _space, queries):
    """The answers of Milvus, whose index is an exact one."""
    from pymilvus import MilvusClient

    client = MilvusClient(place)
    client.load_collection(name)
    answers = client.search(name, queries, limit=NEIGHBOURS, output_fields=["id"])
    found = [[hit["id"] for hit in answer] for answer in answers]
    count = len(client.query(name, filter="id != ''", output_fields=["id"], limit=10000))
    client.close()
    return count, found


def ask_chroma(place, name, _space, queries):
    """The answers of Chroma, where so many candidates are looked at that the search is exact."""
    import chromadb

    host, _, port = place.rpartition(":")
    client = chromadb.HttpClient(host=host, port=int(port))
    collection = client.get_collection(name, embedding_function=None)
    found = collection.query(query_embeddings=queries, n_results=NEIGHBOURS, include=[])["ids"]
    return collection.count(), found


ASK = {
    "pgvector": ask_pgvector,
    "lancedb": ask_lancedb,
    "qdrant": ask_qdrant,
    "milvus": ask_milvus,
    "chroma": ask_chroma,
}


def main():
    kind, place, expected = sys.argv[1:]
    with open(expected, encoding="utf-8") as file:
        facts = json.load(file)["collections"]
    answer = {}
    for name, known in facts.items():
        if known["count"] == 0:
            continue
        raw = base64.b64decode(known["queries_f32_base64"])
        queries = numpy.frombuffer(raw, dtype=numpy.float32).reshape(-1, known["dimension"]).tolist()
        count, found = ASK[kind](place, name, SPACES.get(name, "l2"), queries)
        wanted = [set(one["ids"]) for one in known["answers"]]
        wrong = sum(set(ids) != want for ids, want in zip(found, wanted))
        answer[name] = {"count": count, "expected": known["count"], "queries": len(queries), "wrong": wrong}
    print(json.dumps(answer))


main()
