"""Step 2 of 9 - verify. Whether a message is authentic and may be put before the ledger.

The checks, in this order; the first that fails is the answer:

1. form, by `core.envelope.read_envelope`;
2. the sender is the caller, and the acting unit is one of the sender's province;
3. the receiver is a member of the trust list in force;
4. it is not dated more than five minutes in the future;
5. the rules that it names are known and are those of its service, a case can run under them, and an opening names the policy that is in
   force for its sender;
6. its key is the sender's, for signing, valid now, and the signature is good;
7. the materials that it names are stored.

Checks 3 to 7 hold for new messages only: a repeat is answered from the ledger, even when its key has expired since. Owed to the ledger:
repeats, tag epochs, sequence, procedure, claims. Runs in worker threads, a chunk of messages a call.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections import defaultdict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from core import receipts
from core.dsse import HEADER_TYPE, RECEIPT_DELIVERED_TYPE, pae
from core.envelope import UUID_BYTES, read_envelope
from core.refusals import (
    BAD_FIELD,
    FUTURE_CLOCK,
    MATERIAL_ABSENT,
    POLICY_SUPERSEDED,
    SENDER_NOT_CALLER,
    UNIT_NOT_ALLOWED,
    UNKNOWN_PROVINCE,
    UNKNOWN_RULES,
    Refused,
)
from core.rules import misfit
from hub.ledger.work import Acknowledgement, Claim, Submission
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from core.envelope import ReadMessage
    from core.rules import RuleBook
    from hub.ledger.work import Work
    from pki.trust import Trust
    from runtime.clock import Clock
    from yrdx.v1 import envelope_pb2

SKEW: Final = timedelta(minutes=5)


class MaterialStore(Protocol):
    """Where sealed documents lie."""

    async def has(self, digests: Collection[bytes], sender: str, receiver: str) -> Collection[bytes]:
        """Those of the digests whose documents this sender has stored, complete, for this receiver. Concurrent calls are fine."""
        ...


class Verifier:
    """Holds what messages are checked against; safe to use from many threads."""

    def __init__(self, trust: Callable[[], Trust], rules: RuleBook, pepper: bytes, clock: Clock) -> None:
        """Takes the trust list in force, the known rules, and the key under which tags are hashed."""
        self._trust, self._rules, self._pepper, self._clock = trust, rules, pepper, clock

    def read(self, envelopes: Iterable[envelope_pb2.Envelope], caller: str) -> list[Submission | Refused]:
        """Checks 1 to 6 for a chunk of envelopes of one caller."""
        trust = self._trust()
        return [self._submission(envelope, caller, trust) for envelope in envelopes]

    def read_receipts(self, chunk: Iterable[receipt_pb2.SignedReceipt], caller: str) -> list[Acknowledgement | Refused]:
        """The same for DELIVERED receipts: form, receiver, key and signature."""
        trust = self._trust()
        return [self._acknowledgement(signed, caller, trust) for signed in chunk]

    def again(self, work: Work, trust: Trust) -> Work:
        """Repeats what depends on the trust list, when another version is in force than the one a work was verified under."""
        if isinstance(work, Submission) and work.trust_list_version != trust.version:
            absent = work.objection if work.objection and work.objection.kind is MATERIAL_ABSENT else None
            objection = self._objection(work.message, work.envelope, trust) or absent
            return dataclasses.replace(work, trust_list_version=trust.version, objection=objection)
        if isinstance(work, Acknowledgement) and work.trust_list_version != trust.version:
            objection = self._receipt_objection(work.signed, work.receipt.receiver, trust)
            return dataclasses.replace(work, trust_list_version=trust.version, objection=objection)
        return work

    def _submission(self, envelope: envelope_pb2.Envelope, caller: str, trust: Trust) -> Submission | Refused:
        try:
            message = read_envelope(envelope)
            _check_sender(message, caller)
        except Refused as refusal:
            return refusal
        claims = tuple(Claim(tag.epoch, hmac.digest(self._pepper, tag.value, "sha256")) for tag in envelope.tag_opening.tags)
        return Submission(message, envelope, claims, trust.version, self._objection(message, envelope, trust))

    def _objection(self, message: ReadMessage, envelope: envelope_pb2.Envelope, trust: Trust) -> Refused | None:
        """Checks 3 to 6."""
        routing = message.routing
        try:
            if routing.receiver not in trust.members:
                return Refused(UNKNOWN_PROVINCE, "receiver")
            self._check_clock(message)
            self._check_rules(message, trust)
            signed = pae(HEADER_TYPE, message.header_bytes)
            trust.verify(routing.sender, envelope.key_id, self._clock.now(), signed, envelope.signature)
        except Refused as refusal:
            return refusal
        return None

    def _check_rules(self, message: ReadMessage, trust: Trust) -> None:
        rules = self._rules.of(message.header)
        if rules.procedure.service != message.routing.service:
            raise Refused(UNKNOWN_RULES, "procedure_digest")
        if misfit(rules) is not None:
            raise Refused(UNKNOWN_RULES, "policy_digest")
        own = trust.policy_of(message.routing.sender)
        if message.action.opens and not self._rules.is_in_force(message.header.policy_digest, own):
            raise Refused(POLICY_SUPERSEDED, "policy_digest")

    def _check_clock(self, message: ReadMessage) -> None:
        try:
            created_at = message.header.created_at.ToDatetime(UTC)
        except (ValueError, OverflowError) as error:  # protobuf, for a moment outside the years 1 to 9999
            raise Refused(BAD_FIELD, "created_at") from error
        if created_at > self._clock.now() + SKEW:
            raise Refused(FUTURE_CLOCK, "created_at")

    def _acknowledgement(self, signed: receipt_pb2.SignedReceipt, caller: str, trust: Trust) -> Acknowledgement | Refused:
        try:
            receipt = receipts.read_receipt(signed.receipt)
        except Refused as refusal:
            return refusal
        if receipt.kind != receipts.DELIVERED:
            return Refused(BAD_FIELD, "kind")
        if len(receipt.case_id) != UUID_BYTES:
            return Refused(BAD_FIELD, "case_id")
        if receipt.receiver != caller:
            return Refused(SENDER_NOT_CALLER, "receiver")
        plain = receipt_pb2.SignedReceipt(receipt=signed.receipt, key_id=signed.key_id, signature=signed.signature)
        return Acknowledgement(receipt, plain, trust.version, self._receipt_objection(signed, caller, trust))

    def _receipt_objection(self, signed: receipt_pb2.SignedReceipt, receiver: str, trust: Trust) -> Refused | None:
        message = pae(RECEIPT_DELIVERED_TYPE, signed.receipt)
        try:
            trust.verify(receiver, signed.key_id, self._clock.now(), message, signed.signature)
        except Refused as refusal:
            return refusal
        return None


async def check_materials(works: Sequence[Submission | Refused], materials: MaterialStore) -> list[Submission | Refused]:
    """Check 7 for a chunk: one question a pair of provinces, none when no message names a material."""
    named: defaultdict[tuple[str, str], set[bytes]] = defaultdict(set)
    for work in works:
        if isinstance(work, Submission) and work.objection is None:
            named[_pair(work)].update(material.digest for material in work.message.header.materials)
    stored = {pair: frozenset(await materials.has(digests, *pair)) for pair, digests in named.items() if digests}
    return [_with_materials(work, stored) for work in works]


def _with_materials(work: Submission | Refused, stored: Mapping[tuple[str, str], frozenset[bytes]]) -> Submission | Refused:
    if isinstance(work, Refused) or work.objection is not None:
        return work
    if {material.digest for material in work.message.header.materials} <= stored.get(_pair(work), frozenset()):
        return work
    return dataclasses.replace(work, objection=Refused(MATERIAL_ABSENT, "materials"))


def _pair(work: Submission) -> tuple[str, str]:
    return work.message.routing.sender, work.message.routing.receiver


def _check_sender(message: ReadMessage, caller: str) -> None:
    routing = message.routing
    if routing.sender != caller:
        raise Refused(SENDER_NOT_CALLER, "sender")
    if routing.unit[:2] != caller[:2]:
        raise Refused(UNIT_NOT_ALLOWED, "unit")
