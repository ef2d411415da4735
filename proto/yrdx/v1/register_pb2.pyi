import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_STATUS_UNSPECIFIED: _ClassVar[RecordStatus]
    RECORD_STATUS_ACTIVE: _ClassVar[RecordStatus]
    RECORD_STATUS_MOVED_OUT: _ClassVar[RecordStatus]
    RECORD_STATUS_DECEASED: _ClassVar[RecordStatus]

class RegisterChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGISTER_CHANGE_UNSPECIFIED: _ClassVar[RegisterChange]
    REGISTER_CHANGE_MOVE_OUT: _ClassVar[RegisterChange]
    REGISTER_CHANGE_MOVE_IN: _ClassVar[RegisterChange]
    REGISTER_CHANGE_MOVE_IN_DECEASED: _ClassVar[RegisterChange]

class OperationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATION_STATE_UNSPECIFIED: _ClassVar[OperationState]
    OPERATION_STATE_UNKNOWN: _ClassVar[OperationState]
    OPERATION_STATE_RESERVED: _ClassVar[OperationState]
    OPERATION_STATE_FINALISED: _ClassVar[OperationState]
    OPERATION_STATE_RELEASED: _ClassVar[OperationState]
RECORD_STATUS_UNSPECIFIED: RecordStatus
RECORD_STATUS_ACTIVE: RecordStatus
RECORD_STATUS_MOVED_OUT: RecordStatus
RECORD_STATUS_DECEASED: RecordStatus
REGISTER_CHANGE_UNSPECIFIED: RegisterChange
REGISTER_CHANGE_MOVE_OUT: RegisterChange
REGISTER_CHANGE_MOVE_IN: RegisterChange
REGISTER_CHANGE_MOVE_IN_DECEASED: RegisterChange
OPERATION_STATE_UNSPECIFIED: OperationState
OPERATION_STATE_UNKNOWN: OperationState
OPERATION_STATE_RESERVED: OperationState
OPERATION_STATE_FINALISED: OperationState
OPERATION_STATE_RELEASED: OperationState

class ProvincialRecord(_message.Message):
    __slots__ = ("record", "format")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    record: bytes
    format: str
    def __init__(self, record: _Optional[bytes] = ..., format: _Optional[str] = ...) -> None: ...

class FindRequest(_message.Message):
    __slots__ = ("id_number",)
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    def __init__(self, id_number: _Optional[str] = ...) -> None: ...

class FindResponse(_message.Message):
    __slots__ = ("record", "status", "since", "household_number", "household_size")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_SIZE_FIELD_NUMBER: _ClassVar[int]
    record: ProvincialRecord
    status: RecordStatus
    since: _timestamp_pb2.Timestamp
    household_number: str
    household_size: int
    def __init__(self, record: _Optional[_Union[ProvincialRecord, _Mapping]] = ..., status: _Optional[_Union[RecordStatus, str]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., household_number: _Optional[str] = ..., household_size: _Optional[int] = ...) -> None: ...

class CheckRequest(_message.Message):
    __slots__ = ("id_number", "name")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("found", "status", "differences")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    found: bool
    status: RecordStatus
    differences: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, found: _Optional[bool] = ..., status: _Optional[_Union[RecordStatus, str]] = ..., differences: _Optional[_Iterable[str]] = ...) -> None: ...

class ReserveRequest(_message.Message):
    __slots__ = ("operation_id", "change", "id_number", "name", "record", "others")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    operation_id: bytes
    change: RegisterChange
    id_number: str
    name: str
    record: ProvincialRecord
    others: _containers.RepeatedCompositeFieldContainer[PersonChange]
    def __init__(self, operation_id: _Optional[bytes] = ..., change: _Optional[_Union[RegisterChange, str]] = ..., id_number: _Optional[str] = ..., name: _Optional[str] = ..., record: _Optional[_Union[ProvincialRecord, _Mapping]] = ..., others: _Optional[_Iterable[_Union[PersonChange, _Mapping]]] = ...) -> None: ...

class PersonChange(_message.Message):
    __slots__ = ("change", "id_number", "name", "record")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    change: RegisterChange
    id_number: str
    name: str
    record: ProvincialRecord
    def __init__(self, change: _Optional[_Union[RegisterChange, str]] = ..., id_number: _Optional[str] = ..., name: _Optional[str] = ..., record: _Optional[_Union[ProvincialRecord, _Mapping]] = ...) -> None: ...

class ReserveResponse(_message.Message):
    __slots__ = ("state", "record", "household_number", "others", "staying")
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    STAYING_FIELD_NUMBER: _ClassVar[int]
    state: OperationState
    record: ProvincialRecord
    household_number: str
    others: _containers.RepeatedCompositeFieldContainer[ProvincialRecord]
    staying: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, state: _Optional[_Union[OperationState, str]] = ..., record: _Optional[_Union[ProvincialRecord, _Mapping]] = ..., household_number: _Optional[str] = ..., others: _Optional[_Iterable[_Union[ProvincialRecord, _Mapping]]] = ..., staying: _Optional[_Iterable[int]] = ...) -> None: ...

class FinaliseRequest(_message.Message):
    __slots__ = ("operation_id", "effective_at")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    operation_id: bytes
    effective_at: _timestamp_pb2.Timestamp
    def __init__(self, operation_id: _Optional[bytes] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FinaliseResponse(_message.Message):
    __slots__ = ("state", "since")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    state: OperationState
    since: _timestamp_pb2.Timestamp
    def __init__(self, state: _Optional[_Union[OperationState, str]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReleaseRequest(_message.Message):
    __slots__ = ("operation_id",)
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    operation_id: bytes
    def __init__(self, operation_id: _Optional[bytes] = ...) -> None: ...

class ReleaseResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: OperationState
    def __init__(self, state: _Optional[_Union[OperationState, str]] = ...) -> None: ...

class GetOperationRequest(_message.Message):
    __slots__ = ("operation_id",)
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    operation_id: bytes
    def __init__(self, operation_id: _Optional[bytes] = ...) -> None: ...

class GetOperationResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: OperationState
    def __init__(self, state: _Optional[_Union[OperationState, str]] = ...) -> None: ...
