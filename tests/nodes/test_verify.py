"""A node believes nothing for where it came from: each check alone, broken, keeps a delivery, an answer or a receipt out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from core import receipts, refusals
from core.dsse import DUE_EVENT_TYPE, HEADER_TYPE, pae
from core.envelope import read_header
from core.receipts import timestamp
from core.refusals import Kind, Refused
from nodes.common.store import steps as steps_of
from pki.identity import HUB
from tests.nodes.histories import History
from tests.nodes.small_hub import signed_receipt
from tests.support.province import IN, OTHER, OUT
from yrdx.v1 import exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from nodes.common.verify import Verifier
    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]
    Break = Callable[[Small, exchange_pb2.Delivery], Kind]

FAR = timestamp(datetime(9999, 1, 1, tzinfo=UTC))
FAR.seconds += 400 * 24 * 3600


def receipt_with(made: Small, delivery: exchange_pb2.Delivery, by: str = HUB, kind: int = receipts.ACCEPTED, **changes: Any) -> None:
    """Signs the ACCEPTED receipt again, with something else in it."""
    body = receipt_pb2.Receipt.FromString(delivery.accepted.receipt)
    for name, value in changes.items():
        body.ClearField(name)
        body.MergeFrom(receipt_pb2.Receipt(**{name: value}))
    body.kind = kind  # type: ignore[assignment]  # one of the enum
    delivery.accepted.CopyFrom(signed_receipt(made.country, body.SerializeToString(deterministic=True), kind, by))


def other_payload(_made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    delivery.envelope.sealed_payload += b"x"
    return refusals.PAYLOAD_DIGEST_MISMATCH


def unknown_field(_made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    delivery.envelope.header += b"\xf8\x3f\x01"
    return refusals.UNKNOWN_HEADER_FIELD


def nothing(_made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    delivery.ClearField("envelope")
    return refusals.BAD_FORMAT_VERSION


def no_receipt(_made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    delivery.ClearField("accepted")
    return refusals.BAD_FIELD


def other_message(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, message_id=bytes(16))
    return refusals.BAD_FIELD


def other_header(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, header_digest=bytes(32))
    return refusals.BAD_FIELD


def other_case(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, case_id=bytes(16))
    return refusals.BAD_FIELD


def refused_receipt(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, kind=receipts.REFUSED)
    return refusals.BAD_FIELD


def receipt_by_a_province(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, by=IN)
    return refusals.UNKNOWN_KEY


def bad_receipt_signature(_made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    delivery.accepted.signature = delivery.accepted.signature[:-1] + bytes([delivery.accepted.signature[-1] ^ 1])
    return refusals.BAD_SIGNATURE


def unknown_trust_list(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, trust_list_version=7)
    return refusals.BAD_TRUST_LIST


def accepted_in_no_year(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, recorded_at=FAR)
    return refusals.BAD_FIELD


def business_in_no_year(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, business_at=FAR)
    return refusals.BAD_FIELD


def accepted_before_the_certificate(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    receipt_with(made, delivery, recorded_at=timestamp(datetime(2020, 1, 1, tzinfo=UTC)))
    return refusals.KEY_NOT_YET_VALID


def bad_signature(_made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    delivery.envelope.signature = delivery.envelope.signature[:-1] + bytes([delivery.envelope.signature[-1] ^ 1])
    return refusals.BAD_SIGNATURE


def signed_by_another(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    signer = made.country.signer(OTHER)
    delivery.envelope.key_id, delivery.envelope.signature = signer.key_id, signer.sign(pae(HEADER_TYPE, delivery.envelope.header))
    return refusals.UNKNOWN_KEY


def signed_as_another_type(made: Small, delivery: exchange_pb2.Delivery) -> Kind:
    signer = made.country.signer(IN)
    delivery.envelope.signature = signer.sign(pae(DUE_EVENT_TYPE, delivery.envelope.header))
    return refusals.BAD_SIGNATURE


BREAKS = (
    other_payload, unknown_field, nothing, no_receipt, other_message, other_header, other_case, refused_receipt, receipt_by_a_province,
    bad_receipt_signature, unknown_trust_list, accepted_in_no_year, business_in_no_year, accepted_before_the_certificate, bad_signature,
    signed_by_another, signed_as_another_type,
)  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_a_delivery_that_is_wrong_in_one_place_is_neither_stored_nor_receipted(small: Play, rng: random.Random, broken: Break) -> None:
    async def body(made: Small) -> None:
        history, good, node = History(made, rng), History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await good.say(IN, "apply")
        bad = exchange_pb2.Delivery()
        bad.CopyFrom(history.hub.mail[OUT][0])
        kind = broken(made, bad)
        with pytest.raises(Refused) as caught:
            node.verifier.step(bad, {1: history.hub.trust})
        assert caught.value.kind is kind
        (receipt,), answers = await node.inbox.take([bad, *good.hub.mail[OUT]], [])
        assert receipts.read_receipt(receipt.receipt).case_id == good.case_id, "its neighbour does not suffer"
        said = [receipts.read_cannot_process(answer.cannot_process).refusal for answer in answers]
        assert said == ([kind.number] if _says_what_it_is(bad) else []), "the hub hears why"
        async with node.database.reading() as connection:
            assert await node.cases.find(connection, history.case_id) is None
            assert await steps_of.of_case(connection, history.case_id) == []
        assert len((await node.inbox.take(history.hub.mail[OUT], [])).receipts) == 1, "the true one is taken afterwards"

    small(body)


def _says_what_it_is(delivery: exchange_pb2.Delivery) -> bool:
    try:
        read_header(delivery.envelope.header)
    except Refused:
        return False
    return True


def test_mail_for_somebody_else_is_not_taken(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        await history.say(IN, "apply")
        with pytest.raises(Refused) as caught:
            made.nodes[IN].verifier.step(history.hub.mail[OUT][0], {1: history.hub.trust})
        assert caught.value.kind is refusals.NOT_A_PARTY

    small(body)


def due_signed_by(made: Small, body: bytes, by: str, kind: str = DUE_EVENT_TYPE) -> exchange_pb2.Delivery:
    signer = made.country.signer(by)
    signed = exchange_pb2.SignedDueEvent(due_event=body, key_id=signer.key_id, signature=signer.sign(pae(kind, body)))
    return exchange_pb2.Delivery(due_event=signed)


def test_a_due_event_is_the_hubs_own(small: Play) -> None:
    async def body(made: Small) -> None:
        node, now = made.nodes[OUT], timestamp(datetime(2026, 2, 1, tzinfo=UTC))
        event = receipt_pb2.DueEvent(format=1, event_id=bytes(16), case_id=bytes(16), step=2, business_at=now, due_at=now)
        trust = {1: made.hub.trust}
        body_ = event.SerializeToString()
        assert node.verifier.step(due_signed_by(made, body_, HUB), trust).step == 2
        event.due_at.CopyFrom(FAR)
        nowhen = event.SerializeToString()
        for wrong, kind in (
            (due_signed_by(made, body_, IN), refusals.UNKNOWN_KEY),
            (due_signed_by(made, body_, HUB, HEADER_TYPE), refusals.BAD_SIGNATURE),
            (due_signed_by(made, b"", HUB), refusals.BAD_FIELD),
            (due_signed_by(made, nowhen, HUB), refusals.BAD_FIELD),
        ):
            with pytest.raises(Refused) as caught:
                node.verifier.step(wrong, trust)
            assert caught.value.kind is kind

    small(body)


def test_a_logged_receipt_is_the_receivers_own(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        await history.say(IN, "apply")
        await history.receive_all(OUT)
        (logged,) = history.hub.logged
        verifier: Verifier = made.nodes[IN].verifier
        trust = {1: history.hub.trust}
        assert verifier.logged(logged, trust).message_id == history.sent[0][1].message_id
        for by, kind in ((IN, receipts.DELIVERED), (OUT, receipts.ACCEPTED)):
            wrong = exchange_pb2.LoggedReceipt()
            wrong.CopyFrom(logged)
            receipt = receipt_pb2.Receipt.FromString(logged.receipt.receipt)
            receipt.kind = kind
            wrong.receipt.CopyFrom(signed_receipt(made.country, receipt.SerializeToString(), kind, by))
            with pytest.raises(Refused):
                verifier.logged(wrong, trust)
            await made.nodes[IN].inbox.take([], [wrong])
            async with made.nodes[IN].database.reading() as connection:
                assert await steps_of.delivered(connection, history.case_id) == []

    small(body)


def test_an_answer_of_the_hub_that_is_not_authentic_changes_nothing(small: Play, rng: random.Random) -> None:
    """The message waits and is sent again; a forged refusal would end an operation."""

    async def body(made: Small) -> None:
        history = History(made, rng)
        message = history.write(IN, "apply")
        node = made.nodes[IN]
        good = history.hub._judge(message.read, message.envelope)
        for by, kind in ((IN, receipts.ACCEPTED), (HUB, receipts.DELIVERED)):
            body_ = receipt_pb2.Receipt.FromString(good.receipt)
            body_.kind = kind
            forged = signed_receipt(made.country, body_.SerializeToString(), kind, by)
            answer = node.outbox._answer(message, exchange_pb2.SubmitResult(receipts=[forged]), {1: made.hub.trust})
            assert isinstance(answer, Refused)
            assert answer.kind is refusals.UNAVAILABLE

    small(body)
