"""What the sealed payloads of a case say, as far as this province may know it: kept sealed under the storage key."""

from __future__ import annotations

import msgspec

from core.values import Frozen


class Document(Frozen, frozen=True):
    """A document that a message of the case names.

    Attributes:
        digest: SHA-256 of its sealed bytes.
        code: of the material in the procedure.
        media_type: as the sender stated it.
        length: bytes before padding and sealing.
        plain_digest: SHA-256 of the plain bytes.
        sender: province that sealed it.
    """

    digest: bytes
    code: str
    media_type: str
    length: int
    plain_digest: bytes
    sender: str


class Facts(Frozen, frozen=True):
    """The newest payload of each action that matters later, and every document.

    Attributes:
        payloads: action to the serialised payload message, as far as the service needs it later (`Service.kept`); the newest last.
        documents: in the order in which they came.
        resealed: own messages whose content was sealed a second time.
    """

    payloads: dict[str, bytes] = msgspec.field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    resealed: tuple[bytes, ...] = ()

    def after(self, payloads: dict[str, bytes], documents: tuple[Document, ...]) -> Facts:
        """The facts after one more message, the same ones when it adds nothing; a document that is known already is not listed twice."""
        known = {document.digest for document in self.documents}
        new = tuple(document for document in documents if document.digest not in known)
        earlier = {action: payload for action, payload in self.payloads.items() if action not in payloads}
        return Facts({**earlier, **payloads}, (*self.documents, *new), self.resealed) if payloads or new else self

    def with_resealed(self, message_id: bytes) -> Facts:
        """The facts after an own message was sealed again."""
        return Facts(self.payloads, self.documents, (*self.resealed, message_id))


def packed(facts: Facts) -> bytes:
    """The form in which facts are stored: MessagePack, for most of them is payloads."""
    return msgspec.msgpack.encode(facts)


def unpacked(data: bytes) -> Facts:
    """Reads that form back."""
    return msgspec.msgpack.decode(data, type=Facts)
