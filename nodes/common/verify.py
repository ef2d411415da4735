"""Whether what the hub sent is what it says: checked before anything is stored.

A node believes nothing for where it came from. For a message: (1) the header reads and is for this province, (2) the sealed payload has the
signed digest, (3) the hub's ACCEPTED receipt is about this message and carries the hub's signature, (4) the sender signed the header with a
key that the trust list named in the receipt allowed at its time. For a due event and for receipts: form, identity, signature. Runs in a
worker thread, a chunk a call.

Due events and DELIVERED receipts name no list. They may come late, when the key that signed them has been replaced, has expired or was
revoked: then an older list may vouch for it, as it does for the receipts that name it. Whoever has such a key could make them as well; the
log shows that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from core import receipts
from core.dsse import DUE_EVENT_TYPE, HEADER_TYPE, pae
from core.envelope import read_header, sha256
from core.ids import ID_BYTES
from core.receipts import RECEIPT_TYPES, read_due_event, read_receipt
from core.refusals import BAD_FIELD, BAD_TRUST_LIST, NOT_A_PARTY, PAYLOAD_DIGEST_MISMATCH, Refused
from nodes.common.content import SealedContent, opened
from nodes.common.store.steps import HUB, Receipt, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from google.protobuf.timestamp_pb2 import Timestamp

    from core.envelope import ReadMessage
    from pki.seal import Opener
    from pki.storage import StorageCipher
    from pki.trust import Trust
    from runtime.clock import Clock
    from yrdx.v1 import envelope_pb2, exchange_pb2, receipt_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Checks for one province; usable from many threads."""

    province: str
    opener: Opener
    cipher: StorageCipher
    clock: Clock

    def step(self, delivery: exchange_pb2.Delivery, versions: Mapping[int, Trust]) -> Step:
        """The step that a delivery brings, its content opened and sealed again under the storage key.

        Args:
            delivery: as it came.
            versions: trust lists, at least those that `NodeTrust.named_by` finds; any of them may vouch for a due event.

        Raises:
            Refused: when it is not authentic. Content that cannot be used is no reason: the step then says why in `problem`.
        """
        if delivery.HasField("due_event"):
            return self._due_event(delivery.due_event, versions)
        message = self._message(delivery.envelope)
        receipt = self._hub_receipt(delivery.accepted, message, versions)
        trust, at = versions[receipt.trust_list_version], moment(receipt.recorded_at)
        envelope = delivery.envelope
        trust.verify(message.routing.sender, envelope.key_id, at, pae(HEADER_TYPE, envelope.header), envelope.signature)
        opened_, problem = self._opened(message, envelope.sealed_payload)
        content = self.cipher.encrypt(opened_.SerializeToString(), message.routing.message_id) if opened_ else envelope.sealed_payload
        return Step(
            case_id=message.routing.case_id,
            step=receipt.step,
            message_id=message.routing.message_id,
            sender=message.routing.sender,
            body=envelope.header,
            key_id=envelope.key_id,
            signature=envelope.signature,
            accepted=delivery.accepted.SerializeToString(),
            recorded_at=at,
            business_at=moment(receipt.business_at),
            content=content,
            problem=problem,
            message=message,
            opened=opened_,
        )

    def answer(self, message: ReadMessage, signed: receipt_pb2.SignedReceipt, versions: Mapping[int, Trust]) -> receipt_pb2.Receipt:
        """The hub's answer to an own message, ACCEPTED or REFUSED.

        Raises:
            Refused: when it is not authentic or about something else.
        """
        return self._hub_receipt(signed, message, versions, (receipts.ACCEPTED, receipts.REFUSED))

    def logged(self, told: exchange_pb2.LoggedReceipt, versions: Mapping[int, Trust] | None) -> Receipt:
        """A DELIVERED receipt as the hub logged it; `versions` is None for one that this process itself signed.

        Its two numbers, business time and step, are the hub's word: they start a limit, whose end the hub proves by a signed due event.

        Raises:
            Refused: when the receiver did not sign it.
        """
        receipt = read_receipt(told.receipt.receipt)
        if receipt.kind != receipts.DELIVERED:
            raise Refused(BAD_FIELD, "kind")
        if versions is not None:
            at, body = moment(receipt.recorded_at), pae(RECEIPT_TYPES[receipts.DELIVERED], told.receipt.receipt)
            moments = [(trust, at) for trust in _newest_first(versions)]
            _check_vouched(moments, receipt.receiver, told.receipt.key_id, body, told.receipt.signature)
        if len(receipt.case_id) != ID_BYTES:
            raise Refused(BAD_FIELD, "case_id")
        return Receipt(
            message_id=receipt.message_id,
            case_id=receipt.case_id,
            business_at=moment(told.business_at),
            step=told.step,
        )

    def _message(self, envelope: envelope_pb2.Envelope) -> ReadMessage:
        message = read_header(envelope.header)
        if message.routing.receiver != self.province:
            raise Refused(NOT_A_PARTY, "receiver")
        if sha256(envelope.sealed_payload) != message.header.payload_digest:
            raise Refused(PAYLOAD_DIGEST_MISMATCH, "payload_digest")
        return message

    def _hub_receipt(
        self,
        signed: receipt_pb2.SignedReceipt,
        message: ReadMessage,
        versions: Mapping[int, Trust],
        kinds: tuple[int, ...] = (receipts.ACCEPTED,),
    ) -> receipt_pb2.Receipt:
        receipt, routing = read_receipt(signed.receipt), message.routing
        identity = receipt.message_id, receipt.header_digest, receipt.case_id
        if receipt.kind not in kinds or identity != (routing.message_id, message.digest, routing.case_id):
            raise Refused(BAD_FIELD, "receipt")
        trust = versions.get(receipt.trust_list_version)
        if trust is None:
            raise Refused(BAD_TRUST_LIST, "trust_list_version")
        at, body = moment(receipt.recorded_at), pae(RECEIPT_TYPES[receipt.kind], signed.receipt)
        trust.verify(HUB, signed.key_id, at, body, signed.signature)
        moment(receipt.business_at)  # read again when the receipt is taken
        return receipt

    def _due_event(self, signed: exchange_pb2.SignedDueEvent, versions: Mapping[int, Trust]) -> Step:
        """It does not say when it was made: now, by the newest list, or while a list was new that had this key."""
        event, now = read_due_event(signed.due_event), self.clock.now()
        lists = _newest_first(versions)
        moments = [(lists[0], now), *((trust, trust.issued_at) for trust in lists)]
        _check_vouched(moments, HUB, signed.key_id, pae(DUE_EVENT_TYPE, signed.due_event), signed.signature)
        moment(event.due_at)  # read again when the event is applied
        return Step(
            case_id=event.case_id,
            step=event.step,
            message_id=event.event_id,
            sender=HUB,
            body=signed.due_event,
            key_id=signed.key_id,
            signature=signed.signature,
            accepted=b"",
            recorded_at=now,
            business_at=moment(event.business_at),
        )

    def _opened(self, message: ReadMessage, sealed_payload: bytes) -> tuple[SealedContent | None, int]:
        """The content, or the number of why it cannot be used."""
        try:
            return opened(message, sealed_payload, self.opener), 0
        except Refused as refusal:
            return None, refusal.kind.number


def _newest_first(versions: Mapping[int, Trust]) -> list[Trust]:
    return [versions[version] for version in sorted(versions, reverse=True)]


def _check_vouched(moments: Sequence[tuple[Trust, datetime]], member: str, key_id: bytes, body: bytes, signature: bytes) -> None:
    """Returns if a list let this member sign at its moment.

    Raises:
        Refused: what the first list says, when none did.
    """
    refusals: list[Refused] = []
    for trust, at in moments:
        try:
            return trust.verify(member, key_id, at, body, signature)
        except Refused as refusal:
            refusals.append(refusal)
    raise refusals[0]


def moment(stamp: Timestamp) -> datetime:
    """The moment of a timestamp, which may be of any year.

    Raises:
        Refused: BAD_FIELD outside the years 1 to 9999.
    """
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(BAD_FIELD, "time") from error
