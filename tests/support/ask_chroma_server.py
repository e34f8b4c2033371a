"""Asks a Chroma server through its own client.

ask_chroma_server.py port                              prints a port that is free
ask_chroma_server.py ask PORT SECONDS COLLECTION JSON  waits until the server answers, for so long at
                                                       the most, and prints as JSON what it counts and
                                                       finds first for the vector that JSON is
"""

import json
import socket
import sys
import time

if sys.argv[1] == "port":
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(listener.getsockname()[1])
    sys.exit(0)

import chromadb

port, seconds, name, vector = int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5]
deadline = time.monotonic() + seconds
while True:
    try:
        client = chromadb.HttpClient(host="127.0.0.1", port=port)
        heartbeat = client.heartbeat()
        break
    except Exception:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
collection = client.get_collection(name, embedding_function=None)
found = collection.query(query_embeddings=[json.loads(vector)], n_results=1)
print(json.dumps({"alive": heartbeat > 0, "count": collection.count(), "ids": found["ids"]}))
