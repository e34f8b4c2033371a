"""Opens a store with Chroma, for `vecfsck guard --probe "python3 probe_chroma.py {store}" STORE`.

usage: python3 probe_chroma.py DIRECTORY

Every collection is counted and searched once, which has the engine load its index: that is where a
damaged one kills it. Prints how many records there are. Works with chromadb 0.4 to 1.5; of these
collections it sees those of the default tenant and database.
"""

import logging
import sys

import chromadb
from chromadb.config import Settings


def main(directory):
    # The last line of standard error is what the guard quotes.
    logging.disable(logging.CRITICAL)
    client = chromadb.PersistentClient(
        path=directory, settings=Settings(anonymized_telemetry=False)
    )
    records = 0
    for listed in client.list_collections():
        # Chroma 0.6 lists names.
        name = listed if isinstance(listed, str) else listed.name
        collection = client.get_collection(name, embedding_function=None)
        records += collection.count()
        first = collection.get(limit=1, include=["embeddings"])
        for vector in first["embeddings"] if first["ids"] else []:
            collection.query(query_embeddings=[[float(x) for x in vector]], n_results=1)
    print(records)


if __name__ == "__main__":
    main(sys.argv[1])
