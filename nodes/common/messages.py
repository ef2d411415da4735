"""Writes a message down: header, sealed content, signature. Nothing here is durable and nothing is sent.

Decides the fields of the header from the case as it stands, so it is called in the transaction that puts the message into the outbox: the
next `case_seq` is given there and nowhere else. Signing is deterministic, sealing is not: what was sealed once is stored, never made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import tags
from core.dsse import HEADER_TYPE, pae
from core.envelope import FORMAT, read_envelope, sha256
from core.ids import RANDOM_BYTES, uuid7
from core.receipts import timestamp
from core.refusals import UNKNOWN_KEY, Refused
from nodes.common.content import Sealed, SealedContent, payload, sealed_for
from nodes.common.officers import reference
from nodes.common.services import SERVICES
from nodes.common.store.outbox import Outgoing
from yrdx.v1 import desk_pb2, envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from google.protobuf.message import Message

    from core.rules import RuleBook
    from core.tags import Kind
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.documents import Description
    from nodes.common.trust import NodeTrust
    from pki.signer import Signer
    from pki.storage import StorageCipher
    from runtime.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is to be said.

    Attributes:
        message_id: decided before, so that the desk could name it.
        action: of the procedure.
        payload: what is sealed.
        officer: who says it.
        legal_basis: a code.
        concerns: on `entered`, `execution-failed` and `content-refused`, the message that it is about.
        again: on `reseal`, the message that it supersedes and what was sealed in it.
        documents: how the message names each document.
        opening: tags, for an action that claims.
    """

    message_id: bytes
    action: str
    payload: Message
    officer: desk_pb2.Officer
    legal_basis: str
    reason_class: envelope_pb2.ReasonClass = envelope_pb2.REASON_CLASS_UNSPECIFIED
    open_key_materials: int = 0
    concerns: bytes = b""
    documents: Sequence[tuple[envelope_pb2.MaterialReference, Description]] = ()
    opening: envelope_pb2.TagOpening | None = None
    again: tuple[bytes, SealedContent] | None = None


@dataclass(slots=True, kw_only=True)
class Writer:
    """Writes messages of one province.

    Attributes:
        tag_keys: by epoch.
        checkpoint: the newest one that the hub told.
    """

    province: str
    trust: NodeTrust
    rules: RuleBook
    signer: Signer
    officer_key: bytes
    tag_keys: Mapping[int, bytes]
    cipher: StorageCipher
    clock: Clock
    random: Callable[[int], bytes]
    checkpoint: envelope_pb2.SeenCheckpoint = field(default_factory=envelope_pb2.SeenCheckpoint)

    @property
    def own_policy(self) -> bytes:
        """Digest of the policy table under which this province opens cases now; empty: it has none of its own."""
        return self.trust.current.policy_of(self.province)

    def new_id(self) -> bytes:
        """A UUIDv7."""
        return uuid7(int(self.clock.now().timestamp() * 1000), self.random(RANDOM_BYTES))

    def opening(self, numbers: Sequence[tuple[Kind, str]]) -> envelope_pb2.TagOpening:
        """Tags of these numbers for every epoch in force.

        Raises:
            Refused: UNKNOWN_KEY when this node has no key for an epoch in force.
        """
        epochs = self.trust.current.tag_epochs
        if not self.tag_keys.keys() >= set(epochs):
            raise Refused(UNKNOWN_KEY, "tag_keys")
        made = [envelope_pb2.Tag(epoch=epoch, value=tags.tag(self.tag_keys[epoch], *number)) for epoch in epochs for number in numbers]
        return envelope_pb2.TagOpening(salt=self.random(tags.SALT_BYTES), tags=made)

    def write(self, row: CaseRow, saying: Saying) -> Outgoing:
        """The next own message of a case; uses up its `next_seq`.

        Raises:
            Refused: a 1xxx kind when the hub would never take such a message: what it is to say is too much or malformed.
        """
        routing = self._routing(row, saying)
        content = saying.again[1] if saying.again else self._content(saying)
        _, receiver_key = self.trust.current.sealing_key(row.counterpart)
        sealed = sealed_for(receiver_key, routing, content)
        header = self._header(row, saying, routing, sealed).SerializeToString(deterministic=True)
        envelope = self.signed(header, sealed.sealed, saying.opening)
        read = read_envelope(envelope)
        row.next_seq += 1
        return Outgoing(
            message_id=saying.message_id,
            case_id=row.case_id,
            action=saying.action,
            envelope=envelope,
            content=self.cipher.encrypt(sealed.plain, saying.message_id),
            created_at=self.clock.now(),
            plain=content,
            header=read,
        )

    def write_again(self, message: Outgoing) -> Outgoing:
        """The same opening with tags for the epochs and under the rules that are in force now; everything else that it says stays.

        Only for what the hub did not store because it misses an epoch or names a superseded policy: as it was it can never be accepted,
        so two forms of one message never compete.

        Raises:
            Refused: UNKNOWN_KEY when this node has no key for an epoch in force.
        """
        content = self.opened(message)
        opening = self.opening(SERVICES[message.read.routing.service].numbers(payload(content)))
        content.tag_opening.CopyFrom(opening)
        header = envelope_pb2.Header.FromString(message.envelope.header)
        _, receiver_key = self.trust.current.sealing_key(message.read.routing.receiver)
        sealed = sealed_for(receiver_key, header.routing, content)
        header.payload_digest = sha256(sealed.sealed)
        header.procedure_digest, header.calendar_digest, header.policy_digest = self.rules.current(
            message.read.routing.service, self.own_policy
        )
        header.tag_commitment = tags.commitment(opening.salt, [(tag.epoch, tag.value) for tag in opening.tags])
        envelope = self.signed(header.SerializeToString(deterministic=True), sealed.sealed, opening)
        return Outgoing(
            message_id=message.message_id,
            case_id=message.case_id,
            action=message.action,
            envelope=envelope,
            content=self.cipher.encrypt(sealed.plain, message.message_id),
            created_at=message.created_at,
        )

    def opened(self, message: Outgoing) -> SealedContent:
        """What was sealed in an own message."""
        return SealedContent.FromString(self.cipher.decrypt(message.content, message.message_id))

    def signed(self, header: bytes, sealed_payload: bytes, opening: envelope_pb2.TagOpening | None) -> envelope_pb2.Envelope:
        """An envelope signed with the key that this process has now."""
        signature = self.signer.sign(pae(HEADER_TYPE, header))
        return envelope_pb2.Envelope(
            header=header, key_id=self.signer.key_id, signature=signature, sealed_payload=sealed_payload, tag_opening=opening
        )

    def _routing(self, row: CaseRow, saying: Saying) -> bytes:
        return envelope_pb2.Routing(
            message_id=saying.message_id,
            case_id=row.case_id,
            service=row.service,
            action=saying.action,
            sender=self.province,
            receiver=row.counterpart,
            unit=saying.officer.unit,
        ).SerializeToString(deterministic=True)

    def _content(self, saying: Saying) -> SealedContent:
        return SealedContent(
            type=saying.payload.DESCRIPTOR.full_name,
            salt=self.random(tags.SALT_BYTES),
            payload=saying.payload.SerializeToString(deterministic=True),
            tag_opening=saying.opening,
            materials=[description for _, description in saying.documents],
        )

    def _header(self, row: CaseRow, saying: Saying, routing: bytes, sealed: Sealed) -> envelope_pb2.Header:
        case, opening = row.case, saying.opening
        procedure, calendar, policy = (
            (case.procedure_digest, case.calendar_digest, case.policy_digest) if case else self.rules.current(row.service, self.own_policy)
        )
        commitment = tags.commitment(opening.salt, [(tag.epoch, tag.value) for tag in opening.tags]) if opening else b""
        return envelope_pb2.Header(
            format=FORMAT,
            routing=routing,
            case_seq=row.next_seq,
            previous_header=row.last_header,
            seen_checkpoint=self.checkpoint if self.checkpoint.size else None,
            created_at=timestamp(self.clock.now()),
            legal_basis=saying.legal_basis,
            purpose=row.service,
            officer_reference=reference(self.officer_key, saying.officer.number),
            payload_digest=sha256(sealed.sealed),
            plaintext_commitment=sealed.commitment,
            tag_commitment=commitment,
            materials=[named for named, _ in saying.documents],
            open_key_materials=saying.open_key_materials,
            reason_class=saying.reason_class,
            procedure_digest=procedure,
            calendar_digest=calendar,
            policy_digest=policy,
            concerns=saying.concerns,
            supersedes=saying.again[0] if saying.again else b"",
        )
