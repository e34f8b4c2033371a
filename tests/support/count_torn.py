"""Counts what torn stores still hold, without any code of vecfsck, and writes tests/repair/torn_facts.json.

usage: python count_torn.py DIRECTORY

DIRECTORY holds the torn stores, unpacked: `DIRECTORY/<name>/store`. For each it is said how many ids
of records any file knows (rows of `embeddings` and of its index, rows of the queue, the id map; less
those that the queue deletes), which of them have a vector (a slot that the id map names, or a row of
the queue), and the SHA-256 of those vectors in the order of their ids.

The database is read page by page, for none of these has a b-tree that can be walked.
"""

import glob
import hashlib
import json
import os
import pickletools
import re
import struct
import sys

PAGE_BYTES = 4096
TABLE_LEAF, INDEX_LEAF = 13, 10
DELETE = 3
DIMENSION, NEIGHBOURS = 48, 32
VECTOR_OFFSET = 4 + 4 * NEIGHBOURS
VECTOR_BYTES = 4 * DIMENSION
SLOT_BYTES = VECTOR_OFFSET + VECTOR_BYTES + 8
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-")
RECORD_ID = re.compile(r"^r\d+$")


def read_varint(data, at):
    """A varint of SQLite, and where it ends."""
    value = 0
    for step in range(9):
        byte = data[at + step]
        if step == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + step + 1
    raise ValueError


def decode_value(serial, raw):
    """A value of a record."""
    if serial == 0:
        return None
    if serial in (8, 9):
        return serial - 8
    if serial <= 6:
        return int.from_bytes(raw, "big", signed=True)
    if serial == 7:
        return struct.unpack(">d", raw)[0]
    return raw.decode() if serial % 2 else bytes(raw)


def decode_record(payload):
    """The columns of a row."""
    header_bytes, at = read_varint(payload, 0)
    serials = []
    while at < header_bytes:
        serial, at = read_varint(payload, at)
        serials.append(serial)
    row = []
    for serial in serials:
        size = {0: 0, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}.get(serial, serial)
        size = (serial - 12) // 2 if serial >= 12 else size
        if at + size > len(payload):
            raise ValueError
        row.append(decode_value(serial, payload[at : at + size]))
        at += size
    return row


def read_payload(data, page, at, size, most):
    """The bytes of a cell, with those on pages of their own."""
    if size <= most:
        return page[at : at + size]
    least = ((PAGE_BYTES - 12) * 32 // 255) - 23
    local = least + (size - least) % (PAGE_BYTES - 4)
    local = local if local <= most else least
    payload = bytearray(page[at : at + local])
    (following,) = struct.unpack(">I", page[at + local : at + local + 4])
    seen = set()
    while following and following not in seen and len(payload) < size:
        seen.add(following)
        overflow = data[(following - 1) * PAGE_BYTES : following * PAGE_BYTES]
        payload += overflow[4 : 4 + size - len(payload)]
        (following,) = struct.unpack(">I", overflow[:4])
    if len(payload) < size:
        raise ValueError
    return bytes(payload)


def read_cells(data, number, kind):
    """The rows of a leaf page, with their rowids."""
    page = data[number * PAGE_BYTES : (number + 1) * PAGE_BYTES]
    base = 100 if number == 0 else 0
    (count,) = struct.unpack(">H", page[base + 3 : base + 5])
    for cell in range(min(count, PAGE_BYTES // 2 - 60)):
        try:
            (at,) = struct.unpack(">H", page[base + 8 + 2 * cell : base + 10 + 2 * cell])
            size, at = read_varint(page, at)
            rowid, at = read_varint(page, at) if kind == TABLE_LEAF else (None, at)
            most = PAGE_BYTES - 35 if kind == TABLE_LEAF else ((PAGE_BYTES - 12) * 64 // 255) - 23
            yield rowid, decode_record(read_payload(data, page, at, size, most))
        except (ValueError, IndexError, struct.error, UnicodeDecodeError):
            continue


def read_database(path):
    """Ids of rows and of their index, and the rows of the queue by their numbers."""
    with open(path, "rb") as file:
        data = file.read()
    ids, queue = set(), {}
    for number in range(len(data) // PAGE_BYTES):
        kind = data[number * PAGE_BYTES + (100 if number == 0 else 0)]
        if kind not in (TABLE_LEAF, INDEX_LEAF):
            continue
        for rowid, row in read_cells(data, number, kind):
            if len(row) == 8 and str(row[3]).startswith("persistent://"):
                queue[rowid] = row
            elif len(row) == 5 and UUID.match(str(row[1])):
                ids.add(row[2])
            elif kind == INDEX_LEAF and len(row) == 3 and UUID.match(str(row[0])):
                ids.add(row[1])
    return {record for record in ids if RECORD_ID.match(str(record))}, queue


def read_labels(path):
    """The labels of an id map, as far as it can be read."""
    with open(path, "rb") as file:
        data = file.read()
    labels, field, record = {}, None, None
    try:
        for opcode, value, _ in pickletools.genops(data):
            if isinstance(value, str):
                if not RECORD_ID.match(value):
                    field = value
                record = value
            elif isinstance(value, int) and field == "id_to_label" and record is not None:
                if opcode.name.startswith(("BININT", "LONG", "INT")):
                    labels[record] = value
                    record = None
    except ValueError:
        pass
    return labels


def read_slots(path):
    """The vectors of an index by their labels; a live one goes before one that is marked deleted."""
    with open(path, "rb") as file:
        data = file.read()
    live, marked = {}, {}
    for at in range(0, len(data) - SLOT_BYTES + 1, SLOT_BYTES):
        slot = data[at : at + SLOT_BYTES]
        vector = slot[VECTOR_OFFSET : VECTOR_OFFSET + VECTOR_BYTES]
        (label,) = struct.unpack("<Q", slot[-8:])
        if label and any(vector):
            (marked if slot[2] & 1 else live)[label] = vector
    return {**marked, **live}


def count(store):
    """What one store holds."""
    ids, queue = read_database(os.path.join(store, "chroma.sqlite3"))
    vectors = {}
    for directory in glob.glob(os.path.join(store, "*", "")):
        labels = read_labels(os.path.join(directory, "index_metadata.pickle"))
        slots = read_slots(os.path.join(directory, "data_level0.bin"))
        ids.update(labels)
        vectors.update((name, slots[label]) for name, label in labels.items() if label in slots)
    for _, row in sorted(queue.items()):
        if row[2] == DELETE:
            ids.discard(row[4])
        else:
            ids.add(row[4])
            if row[5] is not None:
                vectors[row[4]] = row[5]
    found = sorted((ids & set(vectors)), key=lambda record: int(record[1:]))
    digest = hashlib.sha256(b"".join(vectors[record] for record in found)).hexdigest()
    return {
        "known": len(ids),
        "withVector": to_ranges([int(record[1:]) for record in found]),
        "vectorsSha256": digest,
    }


def to_ranges(numbers):
    """Ascending numbers as pairs of first and last."""
    ranges = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def main(directory):
    here = os.path.dirname(os.path.abspath(__file__))
    facts = {
        name: count(os.path.join(directory, name, "store"))
        for name in sorted(os.listdir(directory))
        if os.path.isdir(os.path.join(directory, name, "store"))
    }
    with open(os.path.join(here, "..", "repair", "torn_facts.json"), "w") as file:
        file.write(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
