"""Serves PostgreSQL with pgvector until standard input ends.

usage: python serve_pgvector.py DIRECTORY

Prints the address by which it is reached, on one line.
"""

import sys

import pgserver

server = pgserver.get_server(sys.argv[1])
server.psql("CREATE EXTENSION vector")
print(server.get_uri(), flush=True)
sys.stdin.read()
server.cleanup()
