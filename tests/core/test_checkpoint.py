"""Checkpoints: strict text, and the log's own signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from core.merkle import EMPTY_ROOT, MAX_SIZE, leaf_hash, root
from core.note import KeyType, Note, cosign_text, sign_text
from core.refusals import BAD_FIELD, BAD_SIGNATURE, MALFORMED, UNKNOWN_KEY, Kind
from pki.signer import verify_ed25519
from tests.core.note_keys import LOG, NORTH, ORIGIN, key, signer
from tests.core.refusing import refused
from tests.vectors import load

CHECKPOINT = Checkpoint(ORIGIN, 3, root([leaf_hash(b"event-%d" % n) for n in range(3)]))
ROOT = "2y7/5k02NSvNTCYL3g4RODEMn3e4nUxXV4ZS+bGFtjA="
HASHES = st.binary(min_size=32, max_size=32)


def test_text_is_that_of_the_vectors() -> None:
    assert CHECKPOINT.text() == load("notes.json")["text"] == f"{ORIGIN}\n3\n{ROOT}\n"


@given(st.integers(1, MAX_SIZE), HASHES)
def test_round_trip(size: int, top: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, top)
    assert parse_checkpoint(checkpoint.text()) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, LOG, signer("log")), LOG, verify_ed25519) == checkpoint


def test_the_empty_tree_and_an_origin_with_spaces() -> None:
    assert parse_checkpoint(Checkpoint("go.sum database tree", 0, EMPTY_ROOT).text()).size == 0


@pytest.mark.parametrize(
    ("text", "kind", "field"),
    [
        ("", MALFORMED, "checkpoint"),
        (f"{ORIGIN}\n3\n{ROOT}", MALFORMED, "checkpoint"),
        (f"{ORIGIN}\n3\n", MALFORMED, "checkpoint"),
        (f"{ORIGIN}\n3\n{ROOT}\nextension\n", MALFORMED, "checkpoint"),
        (f"{ORIGIN}\n3\n{ROOT}\nextension", MALFORMED, "checkpoint"),
        (f"{ORIGIN}\n3\n{ROOT}\n\n", MALFORMED, "checkpoint"),
        (f"{ORIGIN}\n\n3\n{ROOT}\n", MALFORMED, "checkpoint"),
        (f"\n3\n{ROOT}\n", BAD_FIELD, "checkpoint.origin"),
        (f"{ORIGIN}\r\n3\n{ROOT}\n", BAD_FIELD, "checkpoint.origin"),
        (f"{ORIGIN}\n03\n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n-3\n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n+3\n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n3 \n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n٣\n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n\n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n{2**63}\n{ROOT}\n", BAD_FIELD, "checkpoint.size"),
        (f"{ORIGIN}\n{10**19}\n{ROOT}\n", MALFORMED, "checkpoint.size"),
        (f"{ORIGIN}\n3\n{ROOT[:-1]}\n", MALFORMED, "checkpoint.root"),
        (f"{ORIGIN}\n3\n{ROOT[:-2]}B=\n", MALFORMED, "checkpoint.root"),
        (f"{ORIGIN}\n3\n{ROOT[:4]}\n", BAD_FIELD, "checkpoint.root"),
        (f"{ORIGIN}\n0\n{ROOT}\n", BAD_FIELD, "checkpoint.root"),
        (f"{ORIGIN}\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", BAD_FIELD, "checkpoint.root"),
    ],
)
def test_other_texts_are_refused(text: str, kind: Kind, field: str) -> None:
    with refused(kind, field):
        parse_checkpoint(text)


def signed(text: str) -> bytes:
    return Note(text, (sign_text(text, LOG, signer("log")),)).to_bytes()


def test_a_cosigned_checkpoint_opens() -> None:
    text = CHECKPOINT.text()
    lines = (cosign_text(text, NORTH, 1, signer("north")), sign_text(text, LOG, signer("log")))
    assert open_checkpoint(Note(text, lines).to_bytes(), LOG, verify_ed25519) == CHECKPOINT


def test_a_cosignature_alone_does_not_stand_for_the_log() -> None:
    text = CHECKPOINT.text()
    note = Note(text, (cosign_text(text, NORTH, 1, signer("north")),)).to_bytes()
    with refused(UNKNOWN_KEY, "note"):
        open_checkpoint(note, LOG, verify_ed25519)


def test_another_key_under_the_logs_name_is_unknown() -> None:
    forged = sign_checkpoint(CHECKPOINT, key(ORIGIN, "north"), signer("north"))
    with refused(UNKNOWN_KEY, "note"):
        open_checkpoint(forged, LOG, verify_ed25519)
    with refused(BAD_SIGNATURE, ORIGIN):
        open_checkpoint(sign_checkpoint(CHECKPOINT, LOG, signer("north")), LOG, verify_ed25519)


def test_the_log_signs_for_its_own_origin_only() -> None:
    other = Checkpoint("other.example", 3, CHECKPOINT.root)
    with refused(BAD_FIELD, "checkpoint.origin"):
        open_checkpoint(sign_checkpoint(other, LOG, signer("log")), LOG, verify_ed25519)


def test_an_extension_line_is_refused_even_when_signed() -> None:
    with refused(MALFORMED, "checkpoint"):
        open_checkpoint(signed(CHECKPOINT.text() + "extension\n"), LOG, verify_ed25519)


def test_a_cosigning_key_signs_no_checkpoint_of_its_own() -> None:
    witness = key(ORIGIN, "log", KeyType.COSIGNATURE)
    with refused(UNKNOWN_KEY, "note"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, LOG, signer("log")), witness, verify_ed25519)
