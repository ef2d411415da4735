import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from yrdx.v1 import envelope_pb2 as _envelope_pb2
from yrdx.v1 import receipt_pb2 as _receipt_pb2
from yrdx.v1 import trust_pb2 as _trust_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubmitRequest(_message.Message):
    __slots__ = ("envelopes",)
    ENVELOPES_FIELD_NUMBER: _ClassVar[int]
    envelopes: _containers.RepeatedCompositeFieldContainer[_envelope_pb2.Envelope]
    def __init__(self, envelopes: _Optional[_Iterable[_Union[_envelope_pb2.Envelope, _Mapping]]] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("results", "checkpoint")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[SubmitResult]
    checkpoint: _envelope_pb2.SeenCheckpoint
    def __init__(self, results: _Optional[_Iterable[_Union[SubmitResult, _Mapping]]] = ..., checkpoint: _Optional[_Union[_envelope_pb2.SeenCheckpoint, _Mapping]] = ...) -> None: ...

class SubmitResult(_message.Message):
    __slots__ = ("receipts", "problem")
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    receipts: _containers.RepeatedCompositeFieldContainer[_receipt_pb2.SignedReceipt]
    problem: Problem
    def __init__(self, receipts: _Optional[_Iterable[_Union[_receipt_pb2.SignedReceipt, _Mapping]]] = ..., problem: _Optional[_Union[Problem, _Mapping]] = ...) -> None: ...

class DeliverRequest(_message.Message):
    __slots__ = ("opening", "credits", "receipts", "receipts_wanted", "cannot_process")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_WANTED_FIELD_NUMBER: _ClassVar[int]
    CANNOT_PROCESS_FIELD_NUMBER: _ClassVar[int]
    opening: DeliverOpening
    credits: int
    receipts: _containers.RepeatedCompositeFieldContainer[_receipt_pb2.SignedReceipt]
    receipts_wanted: ReceiptsWanted
    cannot_process: _containers.RepeatedCompositeFieldContainer[_receipt_pb2.SignedCannotProcess]
    def __init__(self, opening: _Optional[_Union[DeliverOpening, _Mapping]] = ..., credits: _Optional[int] = ..., receipts: _Optional[_Iterable[_Union[_receipt_pb2.SignedReceipt, _Mapping]]] = ..., receipts_wanted: _Optional[_Union[ReceiptsWanted, _Mapping]] = ..., cannot_process: _Optional[_Iterable[_Union[_receipt_pb2.SignedCannotProcess, _Mapping]]] = ...) -> None: ...

class DeliverOpening(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: str
    def __init__(self, instance: _Optional[str] = ...) -> None: ...

class ReceiptsWanted(_message.Message):
    __slots__ = ("message_ids",)
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    message_ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, message_ids: _Optional[_Iterable[bytes]] = ...) -> None: ...

class DeliverResponse(_message.Message):
    __slots__ = ("deliveries", "receipts", "problems", "stand_by", "holds")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    STAND_BY_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[Delivery]
    receipts: _containers.RepeatedCompositeFieldContainer[LoggedReceipt]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    stand_by: StandBy
    holds: Holds
    def __init__(self, deliveries: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ..., receipts: _Optional[_Iterable[_Union[LoggedReceipt, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ..., stand_by: _Optional[_Union[StandBy, _Mapping]] = ..., holds: _Optional[_Union[Holds, _Mapping]] = ...) -> None: ...

class Holds(_message.Message):
    __slots__ = ("held",)
    HELD_FIELD_NUMBER: _ClassVar[int]
    held: _containers.RepeatedCompositeFieldContainer[_receipt_pb2.Hold]
    def __init__(self, held: _Optional[_Iterable[_Union[_receipt_pb2.Hold, _Mapping]]] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("lane", "delivery_seq", "envelope", "due_event", "accepted")
    LANE_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_SEQ_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    DUE_EVENT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    lane: int
    delivery_seq: int
    envelope: _envelope_pb2.Envelope
    due_event: SignedDueEvent
    accepted: _receipt_pb2.SignedReceipt
    def __init__(self, lane: _Optional[int] = ..., delivery_seq: _Optional[int] = ..., envelope: _Optional[_Union[_envelope_pb2.Envelope, _Mapping]] = ..., due_event: _Optional[_Union[SignedDueEvent, _Mapping]] = ..., accepted: _Optional[_Union[_receipt_pb2.SignedReceipt, _Mapping]] = ...) -> None: ...

class SignedDueEvent(_message.Message):
    __slots__ = ("due_event", "key_id", "signature")
    DUE_EVENT_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    due_event: bytes
    key_id: bytes
    signature: bytes
    def __init__(self, due_event: _Optional[bytes] = ..., key_id: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class LoggedReceipt(_message.Message):
    __slots__ = ("receipt", "business_at", "step")
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_AT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    receipt: _receipt_pb2.SignedReceipt
    business_at: _timestamp_pb2.Timestamp
    step: int
    def __init__(self, receipt: _Optional[_Union[_receipt_pb2.SignedReceipt, _Mapping]] = ..., business_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step: _Optional[int] = ...) -> None: ...

class StandBy(_message.Message):
    __slots__ = ("active",)
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    active: bool
    def __init__(self, active: _Optional[bool] = ...) -> None: ...

class TrustListRequest(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: int
    def __init__(self, version: _Optional[int] = ...) -> None: ...

class TrustListResponse(_message.Message):
    __slots__ = ("trust_list",)
    TRUST_LIST_FIELD_NUMBER: _ClassVar[int]
    trust_list: _trust_pb2.SignedTrustList
    def __init__(self, trust_list: _Optional[_Union[_trust_pb2.SignedTrustList, _Mapping]] = ...) -> None: ...

class PutMaterialRequest(_message.Message):
    __slots__ = ("opening", "chunk")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    opening: MaterialOpening
    chunk: bytes
    def __init__(self, opening: _Optional[_Union[MaterialOpening, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class MaterialOpening(_message.Message):
    __slots__ = ("material", "offset", "receiver")
    MATERIAL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    material: _envelope_pb2.MaterialReference
    offset: int
    receiver: str
    def __init__(self, material: _Optional[_Union[_envelope_pb2.MaterialReference, _Mapping]] = ..., offset: _Optional[int] = ..., receiver: _Optional[str] = ...) -> None: ...

class PutMaterialResponse(_message.Message):
    __slots__ = ("material",)
    MATERIAL_FIELD_NUMBER: _ClassVar[int]
    material: _envelope_pb2.MaterialReference
    def __init__(self, material: _Optional[_Union[_envelope_pb2.MaterialReference, _Mapping]] = ...) -> None: ...

class GetMaterialRequest(_message.Message):
    __slots__ = ("digest", "offset")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    offset: int
    def __init__(self, digest: _Optional[bytes] = ..., offset: _Optional[int] = ...) -> None: ...

class GetMaterialResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class StatMaterialRequest(_message.Message):
    __slots__ = ("digest",)
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    def __init__(self, digest: _Optional[bytes] = ...) -> None: ...

class StatMaterialResponse(_message.Message):
    __slots__ = ("complete", "offset")
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    complete: bool
    offset: int
    def __init__(self, complete: _Optional[bool] = ..., offset: _Optional[int] = ...) -> None: ...

class RetagRequest(_message.Message):
    __slots__ = ("cases",)
    CASES_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[Retagging]
    def __init__(self, cases: _Optional[_Iterable[_Union[Retagging, _Mapping]]] = ...) -> None: ...

class Retagging(_message.Message):
    __slots__ = ("case_id", "tags")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    case_id: bytes
    tags: _containers.RepeatedCompositeFieldContainer[_envelope_pb2.Tag]
    def __init__(self, case_id: _Optional[bytes] = ..., tags: _Optional[_Iterable[_Union[_envelope_pb2.Tag, _Mapping]]] = ...) -> None: ...

class RetagResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[RetagResult]
    def __init__(self, results: _Optional[_Iterable[_Union[RetagResult, _Mapping]]] = ...) -> None: ...

class RetagResult(_message.Message):
    __slots__ = ("problem",)
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    problem: Problem
    def __init__(self, problem: _Optional[_Union[Problem, _Mapping]] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("number", "grpc_code", "field", "text_en", "text_zh", "retry_after")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    GRPC_CODE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    TEXT_EN_FIELD_NUMBER: _ClassVar[int]
    TEXT_ZH_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    number: int
    grpc_code: int
    field: str
    text_en: str
    text_zh: str
    retry_after: _duration_pb2.Duration
    def __init__(self, number: _Optional[int] = ..., grpc_code: _Optional[int] = ..., field: _Optional[str] = ..., text_en: _Optional[str] = ..., text_zh: _Optional[str] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
