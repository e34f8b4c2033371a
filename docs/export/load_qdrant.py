"""Loads an export of vecfsck (JSON Lines) into Qdrant.

usage: python load_qdrant.py EXPORT.jsonl http://HOST:6333|DIRECTORY

Needs: pip install qdrant-client; with a directory, the client keeps the points there itself.

Every collection is made anew. A point of Qdrant has a UUID for its id: it is made of the id of the
record, which stands in the payload with document, metadata and uri. Records without a vector are
passed over, and counted.
"""

import json
import sys
import uuid

from qdrant_client import QdrantClient
from qdrant_client.models import Distance, PointStruct, VectorParams

MOST_RECORDS = 256

DISTANCES = {"l2": Distance.EUCLID, "ip": Distance.DOT, "cosine": Distance.COSINE}


def connect(target):
    """A client of a server, or of a directory."""
    return QdrantClient(url=target) if "://" in target else QdrantClient(path=target)


def to_point(record):
    """A point, with everything but the vector in its payload."""
    payload = {name: record.get(name) for name in ("id", "document", "metadata", "uri")}
    point_id = str(uuid.uuid5(uuid.NAMESPACE_OID, record["id"]))
    return PointStruct(id=point_id, vector=record["embedding"], payload=payload)


def main():
    export, target = sys.argv[1:]
    client = connect(target)
    name, batch, passed_over = None, [], 0
    with open(export, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            header = record.get("header")
            if batch and (header is not None or len(batch) == MOST_RECORDS):
                client.upsert(name, batch)
                batch = []
            if header is not None:
                name = header["name"] or header["id"]
                if header["dimension"] is not None:
                    distance = DISTANCES[header["space"] or "l2"]
                    client.create_collection(
                        name, VectorParams(size=header["dimension"], distance=distance)
                    )
            elif record["id"] is None or record["embedding"] is None:
                passed_over += 1
            else:
                batch.append(to_point(record))
    if batch:
        client.upsert(name, batch)
    for collection in client.get_collections().collections:
        print(f"{collection.name}: {client.count(collection.name).count} records")
    if passed_over:
        print(f"{passed_over} records without a vector left out")
    client.close()


main()
