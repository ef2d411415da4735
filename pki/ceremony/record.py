"""An authority's member file: what it says about its member, signed, as the root will put it into the trust list.

Decides that each new record grows out of the last one, which this authority signed: its serial counts on, so that the root
notices an older one. The file is a serialised `Member`; it holds nothing private and is what the province hands over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding
from google.protobuf.message import DecodeError

from core.ids import PROVINCES
from core.refusals import BAD_TRUST_LIST, Refused
from pki.documents import FORMAT, open_record, sign_record
from pki.files import read, replace
from yrdx.v1 import trust_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from pki.ceremony.office import Office

MEMBER_FILE: Final = "member.bin"


def last_record(office: Office) -> trust_pb2.MemberRecord:
    """Gives what the authority said last, or an empty record.

    Raises:
        Refused: BAD_TRUST_LIST when the file is there and is not this authority's.
    """
    path = office.folder / MEMBER_FILE
    if not path.exists():
        return trust_pb2.MemberRecord(format=FORMAT, code=office.member)
    return open_record(read_member_file(read(path)).record, office.issuer.signer.public_key, MEMBER_FILE)


def publish(office: Office, record: trust_pb2.MemberRecord, at: datetime) -> None:
    """Signs the record under the next serial, with the newest revocation list, and writes the member file."""
    record.serial += 1
    record.revocation_list = office.list_now(at)
    member = trust_pb2.Member(
        code=office.member,
        name=PROVINCES[office.member].name_zh if office.member in PROVINCES else office.member,
        authority_certificate=office.issuer.certificate.public_bytes(Encoding.DER),
        record=sign_record(record, office.issuer.signer),
    )
    replace(office.folder / MEMBER_FILE, member.SerializeToString(deterministic=True))


def read_member_file(data: bytes) -> trust_pb2.Member:
    """Reads a member file; nothing in it is verified yet.

    Raises:
        Refused: BAD_TRUST_LIST when it is none.
    """
    try:
        return trust_pb2.Member.FromString(data)
    except DecodeError as exc:
        raise Refused(BAD_TRUST_LIST, MEMBER_FILE) from exc


def serial_of(member: trust_pb2.Member) -> int:
    """Gives the serial that a member file claims.

    Raises:
        Refused: BAD_TRUST_LIST when there is no record in it.
    """
    try:
        return trust_pb2.MemberRecord.FromString(member.record.record).serial
    except DecodeError as exc:
        raise Refused(BAD_TRUST_LIST, MEMBER_FILE) from exc
