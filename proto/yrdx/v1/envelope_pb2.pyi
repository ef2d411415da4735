import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReasonClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_CLASS_UNSPECIFIED: _ClassVar[ReasonClass]
    REASON_CLASS_POLICY_NOT_MET: _ClassVar[ReasonClass]
    REASON_CLASS_IDENTITY_MISMATCH: _ClassVar[ReasonClass]
    REASON_CLASS_MATERIAL_MISSING: _ClassVar[ReasonClass]
    REASON_CLASS_NOT_REGISTERED: _ClassVar[ReasonClass]
    REASON_CLASS_LEGAL_RESTRICTION: _ClassVar[ReasonClass]
    REASON_CLASS_APPLICANT_WISH: _ClassVar[ReasonClass]
    REASON_CLASS_AUTHORITY_ERROR: _ClassVar[ReasonClass]
    REASON_CLASS_FORGERY: _ClassVar[ReasonClass]
    REASON_CLASS_NOT_EXECUTABLE: _ClassVar[ReasonClass]
    REASON_CLASS_NO_SHOW: _ClassVar[ReasonClass]
    REASON_CLASS_DECEASED: _ClassVar[ReasonClass]
    REASON_CLASS_ENQUIRY: _ClassVar[ReasonClass]
REASON_CLASS_UNSPECIFIED: ReasonClass
REASON_CLASS_POLICY_NOT_MET: ReasonClass
REASON_CLASS_IDENTITY_MISMATCH: ReasonClass
REASON_CLASS_MATERIAL_MISSING: ReasonClass
REASON_CLASS_NOT_REGISTERED: ReasonClass
REASON_CLASS_LEGAL_RESTRICTION: ReasonClass
REASON_CLASS_APPLICANT_WISH: ReasonClass
REASON_CLASS_AUTHORITY_ERROR: ReasonClass
REASON_CLASS_FORGERY: ReasonClass
REASON_CLASS_NOT_EXECUTABLE: ReasonClass
REASON_CLASS_NO_SHOW: ReasonClass
REASON_CLASS_DECEASED: ReasonClass
REASON_CLASS_ENQUIRY: ReasonClass

class Envelope(_message.Message):
    __slots__ = ("header", "key_id", "signature", "sealed_payload", "tag_opening")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SEALED_PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TAG_OPENING_FIELD_NUMBER: _ClassVar[int]
    header: bytes
    key_id: bytes
    signature: bytes
    sealed_payload: bytes
    tag_opening: TagOpening
    def __init__(self, header: _Optional[bytes] = ..., key_id: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., sealed_payload: _Optional[bytes] = ..., tag_opening: _Optional[_Union[TagOpening, _Mapping]] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("format", "routing", "case_seq", "previous_header", "seen_checkpoint", "created_at", "legal_basis", "purpose", "officer_reference", "payload_digest", "plaintext_commitment", "tag_commitment", "materials", "open_key_materials", "reason_class", "procedure_digest", "calendar_digest", "policy_digest", "concerns", "supersedes")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    ROUTING_FIELD_NUMBER: _ClassVar[int]
    CASE_SEQ_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HEADER_FIELD_NUMBER: _ClassVar[int]
    SEEN_CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    OFFICER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    TAG_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    MATERIALS_FIELD_NUMBER: _ClassVar[int]
    OPEN_KEY_MATERIALS_FIELD_NUMBER: _ClassVar[int]
    REASON_CLASS_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_DIGEST_FIELD_NUMBER: _ClassVar[int]
    POLICY_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONCERNS_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    format: int
    routing: bytes
    case_seq: int
    previous_header: bytes
    seen_checkpoint: SeenCheckpoint
    created_at: _timestamp_pb2.Timestamp
    legal_basis: str
    purpose: str
    officer_reference: bytes
    payload_digest: bytes
    plaintext_commitment: bytes
    tag_commitment: bytes
    materials: _containers.RepeatedCompositeFieldContainer[MaterialReference]
    open_key_materials: int
    reason_class: ReasonClass
    procedure_digest: bytes
    calendar_digest: bytes
    policy_digest: bytes
    concerns: bytes
    supersedes: bytes
    def __init__(self, format: _Optional[int] = ..., routing: _Optional[bytes] = ..., case_seq: _Optional[int] = ..., previous_header: _Optional[bytes] = ..., seen_checkpoint: _Optional[_Union[SeenCheckpoint, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., legal_basis: _Optional[str] = ..., purpose: _Optional[str] = ..., officer_reference: _Optional[bytes] = ..., payload_digest: _Optional[bytes] = ..., plaintext_commitment: _Optional[bytes] = ..., tag_commitment: _Optional[bytes] = ..., materials: _Optional[_Iterable[_Union[MaterialReference, _Mapping]]] = ..., open_key_materials: _Optional[int] = ..., reason_class: _Optional[_Union[ReasonClass, str]] = ..., procedure_digest: _Optional[bytes] = ..., calendar_digest: _Optional[bytes] = ..., policy_digest: _Optional[bytes] = ..., concerns: _Optional[bytes] = ..., supersedes: _Optional[bytes] = ...) -> None: ...

class Routing(_message.Message):
    __slots__ = ("message_id", "case_id", "service", "action", "sender", "receiver", "unit")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    message_id: bytes
    case_id: bytes
    service: str
    action: str
    sender: str
    receiver: str
    unit: str
    def __init__(self, message_id: _Optional[bytes] = ..., case_id: _Optional[bytes] = ..., service: _Optional[str] = ..., action: _Optional[str] = ..., sender: _Optional[str] = ..., receiver: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class TagOpening(_message.Message):
    __slots__ = ("salt", "tags")
    SALT_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    salt: bytes
    tags: _containers.RepeatedCompositeFieldContainer[Tag]
    def __init__(self, salt: _Optional[bytes] = ..., tags: _Optional[_Iterable[_Union[Tag, _Mapping]]] = ...) -> None: ...

class Tag(_message.Message):
    __slots__ = ("epoch", "value")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    value: bytes
    def __init__(self, epoch: _Optional[int] = ..., value: _Optional[bytes] = ...) -> None: ...

class MaterialReference(_message.Message):
    __slots__ = ("digest", "size")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    size: int
    def __init__(self, digest: _Optional[bytes] = ..., size: _Optional[int] = ...) -> None: ...

class SeenCheckpoint(_message.Message):
    __slots__ = ("size", "root")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    size: int
    root: bytes
    def __init__(self, size: _Optional[int] = ..., root: _Optional[bytes] = ...) -> None: ...
