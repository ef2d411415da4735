"""What exactly is signed: the DSSE pre-authentication encoding and one type for each signed thing.

Source: DSSE v1.0.2, https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md. A signature covers the type
together with the body, so that a signed receipt can never pass as a signed header; the body's bytes travel verbatim and
need no canonical form.
"""

from __future__ import annotations

from typing import Final

HEADER_TYPE: Final = "application/vnd.yrdx.header.v1"
RECEIPT_ACCEPTED_TYPE: Final = "application/vnd.yrdx.receipt.accepted.v1"
RECEIPT_REFUSED_TYPE: Final = "application/vnd.yrdx.receipt.refused.v1"
RECEIPT_DELIVERED_TYPE: Final = "application/vnd.yrdx.receipt.delivered.v1"
CANNOT_PROCESS_TYPE: Final = "application/vnd.yrdx.cannot-process.v1"
DUE_EVENT_TYPE: Final = "application/vnd.yrdx.due-event.v1"
TRUST_LIST_TYPE: Final = "application/vnd.yrdx.trust-list.v1"
MEMBER_RECORD_TYPE: Final = "application/vnd.yrdx.member-record.v1"


def pae(type: str, body: bytes) -> bytes:  # noqa: A002 - the specification's word
    """Gives the bytes to sign: ``DSSEv1 SP LEN(type) SP type SP LEN(body) SP body``, lengths in bytes, decimal.

    Args:
        type: one of this module's type names.
        body: the serialised thing, byte for byte as it is stored or sent.

    Returns:
        The pre-authentication encoding. Injective: two different (type, body) pairs never give the same bytes.
    """
    name = type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)
