"""The pre-authentication encoding against the specification's example and an independent implementation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from core import dsse


def test_example_of_the_specification() -> None:
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (b"DSSEv1 29 http://example.com/HelloWorld 11 hello world")


@given(st.text(), st.binary())
def test_equals_securesystemslib(name: str, body: bytes) -> None:
    assert dsse.pae(name, body) == Envelope(payload=body, payload_type=name, signatures={}).pae()


@given(st.text(), st.binary(), st.text(), st.binary())
def test_no_two_things_sign_alike(name: str, body: bytes, other_name: str, other_body: bytes) -> None:
    same = (name, body) == (other_name, other_body)
    assert (dsse.pae(name, body) == dsse.pae(other_name, other_body)) == same


def test_every_signed_thing_has_its_own_type() -> None:
    types = [value for name, value in vars(dsse).items() if name.endswith("_TYPE")]
    assert len(types) == len(set(types)) == 8
    assert all(name.startswith("application/vnd.yrdx.") and name.endswith(".v1") for name in types)
