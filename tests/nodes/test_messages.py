"""A message as a node writes it: what stands in its header, who can open it, and that no name or number leaves in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import tags
from core.envelope import payload_commitment, read_envelope, seal_info, sha256
from core.refusals import CANNOT_OPEN, TOO_LARGE, UNKNOWN_KEY, Refused
from nodes.common.content import SealedContent
from nodes.common.officers import reference
from pki.storage import StorageCipher
from tests.nodes.histories import NUMBER, History
from tests.support.province import IN, OUT
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]


def test_what_is_sealed_opens_for_its_receiver_under_its_own_routing_only(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        message, other = history.write(IN, "apply"), history.write(IN, "apply")
        header, sealed = message.read.header, message.envelope.sealed_payload
        plain = made.nodes[OUT].opener.open(seal_info(header.routing), sealed)
        content = SealedContent.FromString(plain)
        assert transfer_pb2.HouseholdApplication.FromString(content.payload).id_number == NUMBER
        for code, routing in ((OUT, other.read.header.routing), (IN, header.routing)):
            with pytest.raises(Refused) as caught:
                made.nodes[code].opener.open(seal_info(routing), sealed)
            assert caught.value.kind is CANNOT_OPEN
        assert message.envelope.sealed_payload != other.envelope.sealed_payload

    small(body)


def test_the_header_says_what_the_hub_must_know_and_no_more(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[IN]
        first = await history.say(IN, "apply")
        message = history.write(IN, "permit")
        read = read_envelope(message.envelope)
        header, content = read.header, SealedContent.FromString(node.cipher.decrypt(message.content, message.message_id))
        assert (read.routing.sender, read.routing.receiver, read.routing.action, header.case_seq) == (IN, OUT, "permit", 2)
        assert header.payload_digest == sha256(message.envelope.sealed_payload)
        assert header.plaintext_commitment == payload_commitment(content.type, content.salt, content.payload)
        assert header.officer_reference == reference(node.writer.officer_key, "1")
        assert (header.procedure_digest, header.calendar_digest, header.policy_digest) == history.hub.book.current("household-transfer")
        opening = first.envelope.tag_opening
        pairs = [(tag.epoch, tag.value) for tag in opening.tags]
        assert pairs == [(1, tags.tag(node.tag_keys[1], "person", NUMBER))]
        assert first.read.header.tag_commitment == tags.commitment(opening.salt, pairs)
        assert (header.tag_commitment, message.envelope.HasField("tag_opening")) == (b"", False)

    small(body)


def test_no_personal_data_is_in_a_header_or_in_a_stored_content(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        message = History(made, rng).write(IN, "apply")
        for secret in (NUMBER.encode(), "张三".encode()):
            for place in (message.envelope.SerializeToString(), message.content):
                assert secret not in place
                assert secret.hex().encode() not in place
                assert sha256(secret) not in place

    small(body)


def test_a_stored_content_belongs_to_its_message(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        message, other = history.write(IN, "apply"), history.write(IN, "apply")
        with pytest.raises(Refused):
            made.nodes[IN].cipher.decrypt(message.content, other.message_id)
        with pytest.raises(Refused):
            StorageCipher(b"k" * 32).decrypt(message.content, message.message_id)

    small(body)


def test_what_the_hub_would_not_take_is_not_written(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        with pytest.raises(Refused) as caught:
            history.write(IN, "apply", transfer_pb2.HouseholdApplication(name="长" * 400_000))
        assert caught.value.kind is TOO_LARGE
        made.nodes[IN].writer.tag_keys = {}
        with pytest.raises(Refused) as caught:
            history.write(IN, "apply")
        assert caught.value.kind is UNKNOWN_KEY

    small(body)


def test_an_officer_has_one_reference_a_province(small: Play) -> None:
    async def body(made: Small) -> None:
        keys = [made.nodes[code].writer.officer_key for code in (IN, OUT)]
        references = {reference(key, number) for key in keys for number in ("1", "2")}
        assert len(references) == 4
        assert all(len(one) == 32 for one in references)
        assert reference(keys[0], "1") in references

    small(body)
