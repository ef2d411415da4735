"""Another province seals what it likes: it is stored and receipted, it makes nothing irreversible, and it holds up nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import tags
from core.envelope import payload_commitment, seal_info
from core.receipts import read_receipt
from core.refusals import ACTION_NOT_LEGAL, CANNOT_OPEN, RECORD_MISMATCH, TAG_COMMITMENT_MISMATCH, Refused
from nodes.common.content import SealedContent
from nodes.common.facts import Facts
from nodes.common.services import SERVICES
from nodes.provinces import CODECS
from pki.seal import seal
from tests.nodes.histories import NUMBER, OTHER_NUMBER, History, hear, payload_of
from tests.nodes.residents import residents
from tests.support.officers import packed
from tests.support.province import IN, OUT
from yrdx.v1 import desk_pb2, envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from nodes.common.composition import Node
    from nodes.common.store.cases import CaseRow
    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]
    Header = envelope_pb2.Header

WRONG, UNREADABLE = TAG_COMMITMENT_MISMATCH.number, CANNOT_OPEN.number


async def row_of(node: Node, history: History) -> CaseRow:
    async with node.database.reading() as connection:
        return await node.cases.known(connection, history.case_id)


async def told_all(node: Node, history: History) -> None:
    told = history.told(node.settings.province)
    await hear(node, [*told.deliveries, *told.own])


def sealed(node: Node, plain: bytes, header: Header, info: bytes | None = None) -> bytes:
    _, key = node.trust.current.sealing_key(OUT)
    return seal(key, seal_info(header.routing) if info is None else info, plain)


def recommitted(content: SealedContent, header: Header) -> None:
    header.plaintext_commitment = payload_commitment(content.type, content.salt, content.payload)


async def refuses_deregistration(node: Node, history: History) -> None:
    """What an officer of OUT hears who would go on with it."""
    row = await row_of(node, history)
    request = desk_pb2.DecideRequest(
        action="deregister", expected_version=row.version, detail=packed(transfer_pb2.MigrationCertificate()), case_id=history.case_id
    )
    with pytest.raises(Refused) as caught:
        node.decisions._admitted(row, request)
    assert caught.value.kind is ACTION_NOT_LEGAL
    assert caught.value.field == "alarm"


@pytest.mark.parametrize(("number", "claimed"), [(NUMBER, OTHER_NUMBER), ("", NUMBER), (" ", NUMBER)])
def test_who_claims_one_person_and_means_another_gets_nobody_deregistered(
    small: Play, rng: random.Random, number: str, claimed: str
) -> None:
    """An empty number was enough, once, to stop everything that the receiver got."""

    async def body(made: Small) -> None:
        history, other, node = History(made, rng), History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply", number=number, claimed=claimed)
        await history.say(IN, "permit")
        await other.say(IN, "apply")
        await hear(node, [*history.hub.mail[OUT], *other.hub.mail[OUT]])
        assert (await row_of(node, history)).alarm == WRONG
        assert (await row_of(node, other)).alarm == 0, "its neighbour does not suffer"
        assert node.views.case(await row_of(node, history)).refusal == WRONG
        await refuses_deregistration(node, history)

    small(body)


def test_a_case_cannot_become_about_somebody_else(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        for code, action in ((IN, "apply"), (IN, "permit"), (OUT, "return")):
            await history.say(code, action)
        await history.say(IN, "resubmit", number=OTHER_NUMBER)
        await told_all(node, history)
        assert (await row_of(node, history)).alarm == WRONG
        await refuses_deregistration(node, history)

    small(body)


def test_a_second_sealing_mends_nothing_but_what_could_not_be_opened(small: Play, rng: random.Random) -> None:
    """A permit that is sealed again does not make a case right that has become about somebody else meanwhile."""

    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        permit = await history.say(
            IN, "permit", altered=lambda content, header: sealed(node, content.SerializeToString(), header, b"other")
        )
        await history.say(OUT, "content-refused", transfer_pb2.ContentRefused(number=UNREADABLE), concerns=permit.message_id)
        await history.say(OUT, "return")
        await history.say(IN, "resubmit", number=OTHER_NUMBER)
        plain = SealedContent.FromString(made.nodes[IN].cipher.decrypt(permit.content, permit.message_id))
        await history.say(IN, "reseal", payload_of("permit"), again=(permit.message_id, plain))
        assert history.hub.said[history.case_id][-1] == "reseal"
        await told_all(node, history)
        assert (await row_of(node, history)).alarm == WRONG

    small(body)


def test_a_certificate_of_somebody_else_lands_nobody(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[IN]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        certificate = transfer_pb2.MigrationCertificate()
        certificate.resident.id_number, certificate.resident.name = OTHER_NUMBER, "张三"
        await history.say(OUT, "deregister", certificate)
        await history.say(OUT, "entered")
        await told_all(node, history)
        facts, decision = (await row_of(node, history)).facts, desk_pb2.DecideRequest(action="land")
        with pytest.raises(Refused) as caught:
            SERVICES["household-transfer"].reservation(decision, b"o" * 16, facts, CODECS[IN])
        assert caught.value.kind is RECORD_MISMATCH

    small(body)


def other_routing(node: Node, content: SealedContent, header: Header) -> bytes:
    return sealed(node, content.SerializeToString(), header, seal_info(header.routing + b"\x00"))


def no_sealing(_node: Node, content: SealedContent, _header: Header) -> bytes:
    return content.SerializeToString()


def other_type(node: Node, content: SealedContent, header: Header) -> bytes:
    content.type = "yrdx.v1.Decision"
    recommitted(content, header)
    return sealed(node, content.SerializeToString(), header)


def unknown_type(node: Node, content: SealedContent, header: Header) -> bytes:
    content.type = "nothing"
    return sealed(node, content.SerializeToString(), header)


def other_payload(node: Node, content: SealedContent, header: Header) -> bytes:
    content.payload += content.payload
    return sealed(node, content.SerializeToString(), header)


def other_salt(node: Node, content: SealedContent, header: Header) -> bytes:
    content.salt = bytes(32)
    return sealed(node, content.SerializeToString(), header)


def unreadable_payload(node: Node, content: SealedContent, header: Header) -> bytes:
    content.payload = b"\xff" * 10
    recommitted(content, header)
    return sealed(node, content.SerializeToString(), header)


def unreadable_content(node: Node, _content: SealedContent, header: Header) -> bytes:
    return sealed(node, b"\xff" * 100, header)


def unnamed_document(node: Node, content: SealedContent, header: Header) -> bytes:
    content.materials.add(digest=b"d" * 32)
    return sealed(node, content.SerializeToString(), header)


def other_tags(node: Node, content: SealedContent, header: Header) -> bytes:
    content.tag_opening.tags[0].value = tags.tag(b"k" * 32, "person", NUMBER)
    return sealed(node, content.SerializeToString(), header)


def no_tags(node: Node, content: SealedContent, header: Header) -> bytes:
    content.ClearField("tag_opening")
    return sealed(node, content.SerializeToString(), header)


@pytest.mark.parametrize(
    "wrong",
    [
        other_routing, no_sealing, other_type, unknown_type, other_payload, other_salt, unreadable_payload, unreadable_content,
        unnamed_document, other_tags, no_tags,
    ],
)  # fmt: skip
def test_content_that_is_not_right_in_one_place_is_receipted_and_says_why(
    small: Play, rng: random.Random, wrong: Callable[[Node, SealedContent, Header], bytes]
) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply", altered=lambda content, header: wrong(node, content, header))
        (delivery,) = history.hub.mail[OUT]
        (receipt,), _ = await node.inbox.take([delivery], [])
        assert read_receipt(receipt.receipt).message_id == history.sent[0][1].message_id
        row = await row_of(node, history)
        assert row.alarm in {UNREADABLE, WRONG, 1005}
        assert row.case is not None
        assert (row.case.state, node.views.case(row).refusal) == ("applied", row.alarm)

    small(body)


any_text = st.text(max_size=20)
any_content = st.builds(
    SealedContent,
    type=st.sampled_from(["yrdx.v1.HouseholdApplication", "yrdx.v1.MovePermit", "", "\x00"]),
    salt=st.binary(max_size=32),
    payload=st.one_of(
        st.binary(max_size=50),
        st.builds(transfer_pb2.HouseholdApplication, id_number=any_text, name=any_text, ground=st.integers(0, 9)).map(
            lambda message: message.SerializeToString()
        ),
    ),
    tag_opening=st.builds(
        envelope_pb2.TagOpening,
        salt=st.binary(max_size=33),
        tags=st.lists(st.builds(envelope_pb2.Tag, epoch=st.integers(0, 3), value=st.binary(max_size=33)), max_size=3),
    ),
    materials=st.lists(
        st.builds(transfer_pb2.MaterialDescription, digest=st.binary(max_size=33), code=any_text, length=st.integers(0, 2**64 - 1)),
        max_size=2,
    ),
)


def test_no_content_at_all_stops_a_node(small: Play, rng: random.Random) -> None:
    """Whatever is sealed, committed to or not: the step is applied, receipted, and the desk can show the case."""

    async def body(made: Small) -> None:
        contents: list[tuple[SealedContent, bool]] = []

        @settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
        @given(any_content, st.booleans())
        def draw(content: SealedContent, committed: bool) -> None:  # noqa: FBT001 - drawn
            contents.append((content, committed))

        draw()
        node = made.nodes[OUT]
        for content, committed in contents:
            history = History(made, rng)

            def altered(_usual: SealedContent, header: Header, content: Any = content, committed: Any = committed) -> bytes:
                if committed:
                    recommitted(content, header)
                return sealed(node, content.SerializeToString(), header)

            await history.say(IN, "apply", altered=altered)
            assert len((await node.inbox.take(history.hub.mail[OUT], [])).receipts) == 1
            assert node.views.case(await row_of(node, history)).state == "applied"

    small(body)


@settings(max_examples=100, deadline=None)
@given(residents, st.sampled_from(sorted(CODECS)))
def test_any_resident_of_a_certificate_lands_or_is_refused(resident: Any, code: str) -> None:
    """What OUT writes about a person must not break IN's strokes: the worst is a refusal that an officer sees."""
    resident.id_number, resident.name = NUMBER, "张三"
    certificate = transfer_pb2.MigrationCertificate(resident=resident)
    facts = Facts({"apply": payload_of("apply").SerializeToString(), "deregister": certificate.SerializeToString()})
    try:
        request = SERVICES["household-transfer"].reservation(desk_pb2.DecideRequest(action="land"), b"o" * 16, facts, CODECS[code])
    except Refused:
        return
    assert CODECS[code].decode(request.record.record).id_number == NUMBER
