"""The keys of the vectors: Ed25519 with the seed SHA-256(label)."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.note import KeyType, NoteKey, Sign

ORIGIN = "hub.example/xfer"


def private(label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(label.encode()).digest())


def signer(label: str) -> Sign:
    return private(label).sign


def key(name: str, label: str, kind: KeyType = KeyType.NOTE) -> NoteKey:
    return NoteKey(name, kind, private(label).public_key().public_bytes_raw())


LOG = key(ORIGIN, "log")
NORTH = key("north.example/w", "north", KeyType.COSIGNATURE)
SOUTH = key("south.example/w", "south", KeyType.COSIGNATURE)
