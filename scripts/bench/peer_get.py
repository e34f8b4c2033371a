"""The peer of `vecfsck export`: everything of a store through chromadb's own client.

usage: python peer_get.py STORE OUTPUT.jsonl

Pages through every collection and writes a line for each record: id, document, metadata, vector.
"""

import json
import sys

import chromadb
from chromadb.config import Settings

PAGE = 5000


def main():
    """Writes the lines."""
    client = chromadb.PersistentClient(path=sys.argv[1], settings=Settings(anonymized_telemetry=False))
    with open(sys.argv[2], "w", encoding="utf-8") as output:
        for entry in client.list_collections():
            collection = client.get_collection(entry.name, embedding_function=None)
            for offset in range(0, collection.count(), PAGE):
                page = collection.get(
                    limit=PAGE, offset=offset, include=["documents", "metadatas", "embeddings"]
                )
                rows = zip(page["ids"], page["documents"], page["metadatas"], page["embeddings"])
                for key, document, metadata, vector in rows:
                    record = {
                        "id": key,
                        "document": document,
                        "metadata": metadata,
                        "vector": vector.tolist(),
                    }
                    output.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
