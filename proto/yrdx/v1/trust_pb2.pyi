import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KeyPurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_PURPOSE_UNSPECIFIED: _ClassVar[KeyPurpose]
    KEY_PURPOSE_TLS: _ClassVar[KeyPurpose]
    KEY_PURPOSE_SIGNING: _ClassVar[KeyPurpose]
    KEY_PURPOSE_SEALING: _ClassVar[KeyPurpose]
    KEY_PURPOSE_LOG: _ClassVar[KeyPurpose]
    KEY_PURPOSE_WITNESS: _ClassVar[KeyPurpose]
KEY_PURPOSE_UNSPECIFIED: KeyPurpose
KEY_PURPOSE_TLS: KeyPurpose
KEY_PURPOSE_SIGNING: KeyPurpose
KEY_PURPOSE_SEALING: KeyPurpose
KEY_PURPOSE_LOG: KeyPurpose
KEY_PURPOSE_WITNESS: KeyPurpose

class SignedTrustList(_message.Message):
    __slots__ = ("trust_list", "signature")
    TRUST_LIST_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    trust_list: bytes
    signature: bytes
    def __init__(self, trust_list: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class TrustList(_message.Message):
    __slots__ = ("format", "version", "issued_at", "members", "root_revocation_lists", "tag_epochs")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    ROOT_REVOCATION_LISTS_FIELD_NUMBER: _ClassVar[int]
    TAG_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    format: int
    version: int
    issued_at: _timestamp_pb2.Timestamp
    members: _containers.RepeatedCompositeFieldContainer[Member]
    root_revocation_lists: _containers.RepeatedScalarFieldContainer[bytes]
    tag_epochs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, format: _Optional[int] = ..., version: _Optional[int] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., root_revocation_lists: _Optional[_Iterable[bytes]] = ..., tag_epochs: _Optional[_Iterable[int]] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("code", "name", "authority_certificate", "record")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    authority_certificate: bytes
    record: SignedMemberRecord
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ..., authority_certificate: _Optional[bytes] = ..., record: _Optional[_Union[SignedMemberRecord, _Mapping]] = ...) -> None: ...

class SignedMemberRecord(_message.Message):
    __slots__ = ("record", "signature")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    record: bytes
    signature: bytes
    def __init__(self, record: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class MemberRecord(_message.Message):
    __slots__ = ("format", "code", "serial", "certificates", "keys", "revocation_list", "policy")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATES_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    REVOCATION_LIST_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    format: int
    code: str
    serial: int
    certificates: _containers.RepeatedCompositeFieldContainer[Certificate]
    keys: _containers.RepeatedCompositeFieldContainer[PublicKey]
    revocation_list: bytes
    policy: bytes
    def __init__(self, format: _Optional[int] = ..., code: _Optional[str] = ..., serial: _Optional[int] = ..., certificates: _Optional[_Iterable[_Union[Certificate, _Mapping]]] = ..., keys: _Optional[_Iterable[_Union[PublicKey, _Mapping]]] = ..., revocation_list: _Optional[bytes] = ..., policy: _Optional[bytes] = ...) -> None: ...

class Certificate(_message.Message):
    __slots__ = ("purpose", "der")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    DER_FIELD_NUMBER: _ClassVar[int]
    purpose: KeyPurpose
    der: bytes
    def __init__(self, purpose: _Optional[_Union[KeyPurpose, str]] = ..., der: _Optional[bytes] = ...) -> None: ...

class PublicKey(_message.Message):
    __slots__ = ("purpose", "suite", "value")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    purpose: KeyPurpose
    suite: str
    value: bytes
    def __init__(self, purpose: _Optional[_Union[KeyPurpose, str]] = ..., suite: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
