"""The two signed documents, trust list and member record: signing, and opening a signed one.

Decides what is signed (DSSE over the serialised message, a type each) and that nothing but the signed bytes and the
signature is in the wrapper. What a document says is checked in `pki.members` and `pki.trust`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from core.dsse import MEMBER_RECORD_TYPE, TRUST_LIST_TYPE, pae
from core.refusals import BAD_TRUST_LIST, Refused
from pki.reading import require
from yrdx.v1 import trust_pb2

if TYPE_CHECKING:
    from pki.signer import PublicKey, Signer

FORMAT: Final = 1


def sign_record(record: trust_pb2.MemberRecord, authority: Signer) -> trust_pb2.SignedMemberRecord:
    """Signs a member record as its authority."""
    body = record.SerializeToString(deterministic=True)
    return trust_pb2.SignedMemberRecord(record=body, signature=authority.sign(pae(MEMBER_RECORD_TYPE, body)))


def open_record(signed: trust_pb2.SignedMemberRecord, authority: PublicKey, where: str) -> trust_pb2.MemberRecord:
    """Gives the member record if this authority signed it.

    Raises:
        Refused: BAD_TRUST_LIST at `where`.
    """
    require(authority.verify(pae(MEMBER_RECORD_TYPE, signed.record), signed.signature), f"{where}: signature")
    try:
        record = trust_pb2.MemberRecord.FromString(signed.record)
    except DecodeError as exc:
        raise Refused(BAD_TRUST_LIST, where) from exc
    require(record.format == FORMAT, f"{where}: format")
    return record


def sign_trust_list(trust_list: trust_pb2.TrustList, root: Signer) -> bytes:
    """Signs a trust list as the root.

    Returns:
        A serialised SignedTrustList.
    """
    body = trust_list.SerializeToString(deterministic=True)
    signature = root.sign(pae(TRUST_LIST_TYPE, body))
    return trust_pb2.SignedTrustList(trust_list=body, signature=signature).SerializeToString(deterministic=True)


def open_trust_list(signed: bytes, root: PublicKey) -> trust_pb2.TrustList:
    """Gives the trust list if this root signed it.

    The wrapper must be exactly the one serialisation of its two fields: its digest names it in the log, so appended or
    reordered bytes must not make a second name for one list.

    Raises:
        Refused: BAD_TRUST_LIST.
    """
    try:
        wrapper = trust_pb2.SignedTrustList.FromString(signed)
        plain = trust_pb2.SignedTrustList(trust_list=wrapper.trust_list, signature=wrapper.signature)
        require(plain.SerializeToString(deterministic=True) == signed, "wrapper")
        require(root.verify(pae(TRUST_LIST_TYPE, wrapper.trust_list), wrapper.signature), "signature")
        trust_list = trust_pb2.TrustList.FromString(wrapper.trust_list)
    except DecodeError as exc:
        raise Refused(BAD_TRUST_LIST, "wrapper") from exc
    require(trust_list.format == FORMAT, "format")
    return trust_list
