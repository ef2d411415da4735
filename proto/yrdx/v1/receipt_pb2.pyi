import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReceiptKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECEIPT_KIND_UNSPECIFIED: _ClassVar[ReceiptKind]
    RECEIPT_KIND_ACCEPTED: _ClassVar[ReceiptKind]
    RECEIPT_KIND_REFUSED: _ClassVar[ReceiptKind]
    RECEIPT_KIND_DELIVERED: _ClassVar[ReceiptKind]

class DueKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DUE_KIND_UNSPECIFIED: _ClassVar[DueKind]
    DUE_KIND_WARNING: _ClassVar[DueKind]
    DUE_KIND_OVERDUE: _ClassVar[DueKind]
    DUE_KIND_EXPIRED: _ClassVar[DueKind]

class EntryKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTRY_KIND_UNSPECIFIED: _ClassVar[EntryKind]
    ENTRY_KIND_TRUST_LIST: _ClassVar[EntryKind]
    ENTRY_KIND_RULES: _ClassVar[EntryKind]
    ENTRY_KIND_ACTION: _ClassVar[EntryKind]
    ENTRY_KIND_REFUSED: _ClassVar[EntryKind]
    ENTRY_KIND_DELIVERED: _ClassVar[EntryKind]
    ENTRY_KIND_DUE: _ClassVar[EntryKind]
RECEIPT_KIND_UNSPECIFIED: ReceiptKind
RECEIPT_KIND_ACCEPTED: ReceiptKind
RECEIPT_KIND_REFUSED: ReceiptKind
RECEIPT_KIND_DELIVERED: ReceiptKind
DUE_KIND_UNSPECIFIED: DueKind
DUE_KIND_WARNING: DueKind
DUE_KIND_OVERDUE: DueKind
DUE_KIND_EXPIRED: DueKind
ENTRY_KIND_UNSPECIFIED: EntryKind
ENTRY_KIND_TRUST_LIST: EntryKind
ENTRY_KIND_RULES: EntryKind
ENTRY_KIND_ACTION: EntryKind
ENTRY_KIND_REFUSED: EntryKind
ENTRY_KIND_DELIVERED: EntryKind
ENTRY_KIND_DUE: EntryKind

class SignedReceipt(_message.Message):
    __slots__ = ("receipt", "key_id", "signature")
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    receipt: bytes
    key_id: bytes
    signature: bytes
    def __init__(self, receipt: _Optional[bytes] = ..., key_id: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("format", "kind", "message_id", "header_digest", "case_id", "recorded_at", "business_at", "trust_list_version", "step", "refusal", "receiver")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    HEADER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_AT_FIELD_NUMBER: _ClassVar[int]
    TRUST_LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    format: int
    kind: ReceiptKind
    message_id: bytes
    header_digest: bytes
    case_id: bytes
    recorded_at: _timestamp_pb2.Timestamp
    business_at: _timestamp_pb2.Timestamp
    trust_list_version: int
    step: int
    refusal: int
    receiver: str
    def __init__(self, format: _Optional[int] = ..., kind: _Optional[_Union[ReceiptKind, str]] = ..., message_id: _Optional[bytes] = ..., header_digest: _Optional[bytes] = ..., case_id: _Optional[bytes] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., business_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trust_list_version: _Optional[int] = ..., step: _Optional[int] = ..., refusal: _Optional[int] = ..., receiver: _Optional[str] = ...) -> None: ...

class SignedCannotProcess(_message.Message):
    __slots__ = ("cannot_process", "key_id", "signature")
    CANNOT_PROCESS_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    cannot_process: bytes
    key_id: bytes
    signature: bytes
    def __init__(self, cannot_process: _Optional[bytes] = ..., key_id: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class CannotProcess(_message.Message):
    __slots__ = ("format", "message_id", "header_digest", "case_id", "receiver", "recorded_at", "refusal")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    HEADER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    format: int
    message_id: bytes
    header_digest: bytes
    case_id: bytes
    receiver: str
    recorded_at: _timestamp_pb2.Timestamp
    refusal: int
    def __init__(self, format: _Optional[int] = ..., message_id: _Optional[bytes] = ..., header_digest: _Optional[bytes] = ..., case_id: _Optional[bytes] = ..., receiver: _Optional[str] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refusal: _Optional[int] = ...) -> None: ...

class Hold(_message.Message):
    __slots__ = ("case_id", "message_id", "receiver", "since", "refusal", "attempts")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    case_id: bytes
    message_id: bytes
    receiver: str
    since: _timestamp_pb2.Timestamp
    refusal: int
    attempts: int
    def __init__(self, case_id: _Optional[bytes] = ..., message_id: _Optional[bytes] = ..., receiver: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refusal: _Optional[int] = ..., attempts: _Optional[int] = ...) -> None: ...

class DueEvent(_message.Message):
    __slots__ = ("format", "event_id", "case_id", "service", "kind", "deadline", "cycle", "due_at", "step", "business_at")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    CYCLE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_AT_FIELD_NUMBER: _ClassVar[int]
    format: int
    event_id: bytes
    case_id: bytes
    service: str
    kind: DueKind
    deadline: str
    cycle: int
    due_at: _timestamp_pb2.Timestamp
    step: int
    business_at: _timestamp_pb2.Timestamp
    def __init__(self, format: _Optional[int] = ..., event_id: _Optional[bytes] = ..., case_id: _Optional[bytes] = ..., service: _Optional[str] = ..., kind: _Optional[_Union[DueKind, str]] = ..., deadline: _Optional[str] = ..., cycle: _Optional[int] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step: _Optional[int] = ..., business_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LogEntry(_message.Message):
    __slots__ = ("format", "kind", "recorded_at", "business_at", "case_id", "message_id", "object", "signature", "receipt", "trust_list_version", "step", "refusal", "rules_kind")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_AT_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    TRUST_LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    RULES_KIND_FIELD_NUMBER: _ClassVar[int]
    format: int
    kind: EntryKind
    recorded_at: _timestamp_pb2.Timestamp
    business_at: _timestamp_pb2.Timestamp
    case_id: bytes
    message_id: bytes
    object: bytes
    signature: bytes
    receipt: bytes
    trust_list_version: int
    step: int
    refusal: int
    rules_kind: str
    def __init__(self, format: _Optional[int] = ..., kind: _Optional[_Union[EntryKind, str]] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., business_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., case_id: _Optional[bytes] = ..., message_id: _Optional[bytes] = ..., object: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., receipt: _Optional[bytes] = ..., trust_list_version: _Optional[int] = ..., step: _Optional[int] = ..., refusal: _Optional[int] = ..., rules_kind: _Optional[str] = ...) -> None: ...

class EntrySignature(_message.Message):
    __slots__ = ("key_id", "signature")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    key_id: bytes
    signature: bytes
    def __init__(self, key_id: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...
