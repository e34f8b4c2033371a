"""Loads an export of vecfsck (JSON Lines) into Milvus.

usage: python load_milvus.py EXPORT.jsonl http://HOST:19530|FILE.db

Needs: pip install pymilvus; with a file, pip install milvus-lite, which keeps everything there.

Every collection is made anew, under its name with everything replaced that Milvus does not take: id,
document, metadata, uri, embedding. A text of Milvus has at most 65,535 bytes: longer documents are cut,
and counted. Records without a vector are passed over, and counted.
"""

import json
import re
import sys

from pymilvus import DataType, MilvusClient

MOST_RECORDS = 500
MOST_TEXT_BYTES = 65535

METRICS = {"l2": "L2", "ip": "IP", "cosine": "COSINE"}


def collection_name(header):
    """A name as Milvus takes it."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", header["name"] or header["id"])
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def create_collection(client, header):
    """Makes a collection, with an index that searches exactly."""
    schema = client.create_schema(auto_id=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=MOST_TEXT_BYTES)
    schema.add_field("document", DataType.VARCHAR, nullable=True, max_length=MOST_TEXT_BYTES)
    schema.add_field("metadata", DataType.JSON, nullable=True)
    schema.add_field("uri", DataType.VARCHAR, nullable=True, max_length=MOST_TEXT_BYTES)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=header["dimension"])
    index = client.prepare_index_params()
    metric = METRICS[header["space"] or "l2"]
    index.add_index("embedding", index_type="FLAT", metric_type=metric)
    client.create_collection(collection_name(header), schema=schema, index_params=index)


def cut(text, counts):
    """A text that is short enough."""
    encoded = (text or "").encode("utf-8", "replace")
    if len(encoded) <= MOST_TEXT_BYTES:
        return text
    counts["cut"] += 1
    return encoded[:MOST_TEXT_BYTES].decode("utf-8", "ignore")


def to_row(record, counts):
    """The fields of a record."""
    return {
        "id": record["id"],
        "document": cut(record["document"], counts),
        "metadata": record["metadata"],
        "uri": record.get("uri"),
        "embedding": record["embedding"],
    }


def main():
    export, target = sys.argv[1:]
    client = MilvusClient(target)
    name, batch = None, []
    counts = {"without a vector left out": 0, "cut": 0}
    with open(export, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            header = record.get("header")
            if batch and (header is not None or len(batch) == MOST_RECORDS):
                client.insert(name, batch)
                batch = []
            if header is not None:
                name = collection_name(header)
                if header["dimension"] is not None:
                    create_collection(client, header)
            elif record["id"] is None or record["embedding"] is None:
                counts["without a vector left out"] += 1
            else:
                batch.append(to_row(record, counts))
    if batch:
        client.insert(name, batch)
    for collection in client.list_collections():
        client.flush(collection)
        rows = client.get_collection_stats(collection)["row_count"]
        print(f"{collection}: {rows} records")
    for what, count in counts.items():
        if count:
            print(f"{count} records {what}")
    client.close()


main()
