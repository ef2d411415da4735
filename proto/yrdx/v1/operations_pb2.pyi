import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from yrdx.v1 import receipt_pb2 as _receipt_pb2
from yrdx.v1 import trust_pb2 as _trust_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StatusResponse(_message.Message):
    __slots__ = ("name", "version", "recorded_at", "business_at", "idle", "next_due", "log_size", "checkpoint_size", "checkpoint_root", "trust_list_version", "members", "counters", "draining")
    class CountersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_AT_FIELD_NUMBER: _ClassVar[int]
    IDLE_FIELD_NUMBER: _ClassVar[int]
    NEXT_DUE_FIELD_NUMBER: _ClassVar[int]
    LOG_SIZE_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SIZE_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_ROOT_FIELD_NUMBER: _ClassVar[int]
    TRUST_LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    recorded_at: _timestamp_pb2.Timestamp
    business_at: _timestamp_pb2.Timestamp
    idle: bool
    next_due: _timestamp_pb2.Timestamp
    log_size: int
    checkpoint_size: int
    checkpoint_root: bytes
    trust_list_version: int
    members: _containers.RepeatedCompositeFieldContainer[MemberStatus]
    counters: _containers.ScalarMap[str, int]
    draining: bool
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., business_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., idle: _Optional[bool] = ..., next_due: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., log_size: _Optional[int] = ..., checkpoint_size: _Optional[int] = ..., checkpoint_root: _Optional[bytes] = ..., trust_list_version: _Optional[int] = ..., members: _Optional[_Iterable[_Union[MemberStatus, _Mapping]]] = ..., counters: _Optional[_Mapping[str, int]] = ..., draining: _Optional[bool] = ...) -> None: ...

class MemberStatus(_message.Message):
    __slots__ = ("code", "connected", "undelivered", "oldest_undelivered", "overdue", "held")
    CODE_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    UNDELIVERED_FIELD_NUMBER: _ClassVar[int]
    OLDEST_UNDELIVERED_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    code: str
    connected: bool
    undelivered: int
    oldest_undelivered: _timestamp_pb2.Timestamp
    overdue: int
    held: int
    def __init__(self, code: _Optional[str] = ..., connected: _Optional[bool] = ..., undelivered: _Optional[int] = ..., oldest_undelivered: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., overdue: _Optional[int] = ..., held: _Optional[int] = ...) -> None: ...

class DrainRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DrainResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AdvanceBusinessTimeRequest(_message.Message):
    __slots__ = ("to",)
    TO_FIELD_NUMBER: _ClassVar[int]
    to: _timestamp_pb2.Timestamp
    def __init__(self, to: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AdvanceBusinessTimeResponse(_message.Message):
    __slots__ = ("business_at", "due_events")
    BUSINESS_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    business_at: _timestamp_pb2.Timestamp
    due_events: int
    def __init__(self, business_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_events: _Optional[int] = ...) -> None: ...

class PublishTrustListRequest(_message.Message):
    __slots__ = ("trust_list",)
    TRUST_LIST_FIELD_NUMBER: _ClassVar[int]
    trust_list: _trust_pb2.SignedTrustList
    def __init__(self, trust_list: _Optional[_Union[_trust_pb2.SignedTrustList, _Mapping]] = ...) -> None: ...

class PublishTrustListResponse(_message.Message):
    __slots__ = ("log_index",)
    LOG_INDEX_FIELD_NUMBER: _ClassVar[int]
    log_index: int
    def __init__(self, log_index: _Optional[int] = ...) -> None: ...

class HeldRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HeldResponse(_message.Message):
    __slots__ = ("held",)
    HELD_FIELD_NUMBER: _ClassVar[int]
    held: _containers.RepeatedCompositeFieldContainer[_receipt_pb2.Hold]
    def __init__(self, held: _Optional[_Iterable[_Union[_receipt_pb2.Hold, _Mapping]]] = ...) -> None: ...

class ReplayRequest(_message.Message):
    __slots__ = ("message_id", "receiver")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    message_id: bytes
    receiver: str
    def __init__(self, message_id: _Optional[bytes] = ..., receiver: _Optional[str] = ...) -> None: ...

class ReplayResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
