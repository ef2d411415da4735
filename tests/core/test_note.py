"""Signed notes: Go's verdicts, the worked example of the format, and strictness."""

import base64
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.note import KeyType, Note, NoteKey, Signature, Verified, cosign_text, parse_note, parse_vkey, sign_text, verify_note
from core.refusals import BAD_FIELD, BAD_SIGNATURE, MALFORMED, UNKNOWN_KEY, Refused
from pki.signer import verify_ed25519
from tests.core.note_keys import LOG, NORTH, ORIGIN, SOUTH, key, signer
from tests.core.refusing import refused
from tests.vectors import load

VECTORS = load("notes.json")
TEXT = VECTORS["text"]
KEYS = [LOG, NORTH, SOUTH]
VERDICTS = {"malformed": MALFORMED, "unverified": UNKNOWN_KEY, "invalid signature": BAD_SIGNATURE}
STRICTER = {"base64 with stray bits"}
NOTE = Note(
    TEXT,
    (
        sign_text(TEXT, LOG, signer("log")),
        cosign_text(TEXT, NORTH, 1767225600, signer("north")),
        cosign_text(TEXT, SOUTH, 1767225601, signer("south")),
    ),
)


def case(name: str) -> bytes:
    return next(base64.b64decode(item["note"]) for item in VECTORS["cases"] if item["name"] == name)


@pytest.mark.parametrize("item", VECTORS["cases"], ids=lambda item: str(item["name"]))
def test_go_gives_the_same_verdict(item: dict[str, Any]) -> None:
    data = base64.b64decode(item["note"])
    if item["verdict"] == "ok" and item["name"] not in STRICTER:
        note = parse_note(data)
        assert (note.text, note.to_bytes()) == (item["text"], data)
        assert [verified.key.name for verified in verify_note(note, KEYS, verify_ed25519)] == item["verified"]
        return
    with pytest.raises(Refused) as caught:
        verify_note(parse_note(data), KEYS, verify_ed25519)
    assert caught.value.kind is VERDICTS.get(item["verdict"], MALFORMED)


def test_go_and_we_make_the_same_note_and_keys() -> None:
    assert NOTE.to_bytes() == case("log and two witnesses")
    assert [item.vkey for item in KEYS] == [VECTORS["log_vkey"], *VECTORS["witness_vkeys"]]
    assert [parse_vkey(item.vkey) for item in KEYS] == KEYS


def test_the_worked_example_of_the_format() -> None:
    assert LOG.vkey == "hub.example/xfer+3cf44a59+AZsfhHkc/HZjBFhU04netcqVRJ2HXydqg4QLBgqznPxx"
    assert NORTH.vkey == "north.example/w+e1d41ce9+BLDapiD6A2fdA4VDzL+pfvfFGReQNzPRjWm5hKCxxa3t"
    example = (
        "hub.example/xfer\n3\n2y7/5k02NSvNTCYL3g4RODEMn3e4nUxXV4ZS+bGFtjA=\n\n"
        "— hub.example/xfer PPRKWV/CRhCAf9oSjQTu+sm/Q8/E+I3Qpw8KbL9srxfaiunJHJqfwipPD8CsHjFFJERDa2W64jPeDwJxGGm+"
        "lVljow8=\n"
        "— north.example/w 4dQc6QAAAABpVbkAC4qGROUFVpJmRwtb2rwHs5QxE/QpW2kxM7X5X3bNxDARQlKIAJgDdEix4o/r4ztitVsNLvYw"
        "maAbjRa2BWs1Bg==\n"
    )
    assert example.encode() == replace(NOTE, signatures=NOTE.signatures[:2]).to_bytes()


def test_cosignatures_tell_their_time() -> None:
    times = {item.key.name: item.time for item in verify_note(NOTE, KEYS, verify_ed25519)}
    assert times == {ORIGIN: None, **VECTORS["times"]}


def test_a_key_counts_once() -> None:
    note = parse_note(case("repeated line"))
    assert len(note.signatures) == 2
    assert len(verify_note(note, KEYS, verify_ed25519)) == 1


def test_one_key_under_two_names_stays_recognisable() -> None:
    alias = key("alias.example/w", "north", KeyType.COSIGNATURE)
    note = Note(TEXT, tuple(cosign_text(TEXT, each, 1, signer("north")) for each in (NORTH, alias)))
    verified = verify_note(note, [NORTH, alias], verify_ed25519)
    assert len(verified) == 2
    assert len({item.key.public for item in verified}) == 1


@given(st.data())
def test_any_changed_byte_fails(data: st.DataObject) -> None:
    whole = NOTE.to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    verified: list[Verified] = []
    with suppress(Refused):  # a changed name or key id only makes its line unknown
        verified = verify_note(parse_note(changed), KEYS, verify_ed25519)
    assert len(verified) < len(KEYS)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_refused(tail: bytes) -> None:
    for data in (tail, f"{TEXT}\n— ".encode() + tail):
        with suppress(Refused):
            assert parse_note(data).to_bytes() == data


def test_a_signature_line_without_a_text_is_no_note() -> None:
    with refused(MALFORMED, "note"):
        parse_note(NOTE.signatures[0].line.encode())


def resigned(blob: bytes, by: NoteKey) -> Note:
    return Note(TEXT, (Signature(by.name, by.id, blob),))


@pytest.mark.parametrize("by", [LOG, NORTH])
@pytest.mark.parametrize("length", [1, 7, 8, 63, 65, 71, 73])
def test_signatures_of_another_length_never_reach_the_check(by: NoteKey, length: int) -> None:
    with refused(BAD_SIGNATURE, by.name):
        verify_note(resigned(bytes([1]) * length, by), KEYS, lambda _key, _message, _signature: True)


def test_a_cosignature_covers_its_time() -> None:
    blob = cosign_text(TEXT, NORTH, 1767225600, signer("north")).blob
    with refused(BAD_SIGNATURE, NORTH.name):
        verify_note(resigned((1767225601).to_bytes(8, "big") + blob[8:], NORTH), KEYS, verify_ed25519)


def test_a_cosignature_has_a_time() -> None:
    with refused(BAD_SIGNATURE, NORTH.name):
        verify_note(resigned(bytes(8) + bytes(64), NORTH), KEYS, lambda _key, _message, _signature: True)
    for time in (0, -1, 2**64):
        with refused(BAD_FIELD, "time"):
            cosign_text(TEXT, NORTH, time, signer("north"))


def test_a_plain_signature_is_no_cosignature() -> None:
    plain = sign_text(TEXT, LOG, signer("north")).blob
    with refused(BAD_SIGNATURE, NORTH.name):
        verify_note(resigned((1767225600).to_bytes(8, "big") + plain, NORTH), KEYS, verify_ed25519)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ORIGIN,
        LOG.vkey.upper(),
        LOG.vkey.replace("3cf44a59", "3cf44a58"),
        LOG.vkey.replace("3cf44a59", "3CF44A59"),
        LOG.vkey[:-4],
        LOG.vkey + "\n",
        LOG.vkey.replace(ORIGIN, ""),
        LOG.vkey.replace(ORIGIN, "hub example"),
        NoteKey("a b", KeyType.NOTE, LOG.public).vkey,
        NoteKey("", KeyType.NOTE, LOG.public).vkey,
        NoteKey("short", KeyType.NOTE, LOG.public[:31]).vkey,
        "ml-dsa.example+00000000+" + base64.b64encode(b"\6" + bytes(32)).decode(),
    ],
)
def test_keys_of_another_form_are_refused(text: str) -> None:
    with refused(MALFORMED, "vkey"):
        parse_vkey(text)
