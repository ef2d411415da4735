import datetime

from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from yrdx.v1 import envelope_pb2 as _envelope_pb2
from yrdx.v1 import exchange_pb2 as _exchange_pb2
from yrdx.v1 import precheck_pb2 as _precheck_pb2
from yrdx.v1 import receipt_pb2 as _receipt_pb2
from yrdx.v1 import register_pb2 as _register_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Officer(_message.Message):
    __slots__ = ("number", "name", "unit", "grade")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    number: str
    name: str
    unit: str
    grade: str
    def __init__(self, number: _Optional[str] = ..., name: _Optional[str] = ..., unit: _Optional[str] = ..., grade: _Optional[str] = ...) -> None: ...

class OpenCaseRequest(_message.Message):
    __slots__ = ("request_id", "officer", "service", "counterpart", "application", "legal_basis", "purpose", "documents", "consent_recorded", "open_key_materials")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_RECORDED_FIELD_NUMBER: _ClassVar[int]
    OPEN_KEY_MATERIALS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    officer: Officer
    service: str
    counterpart: str
    application: _any_pb2.Any
    legal_basis: str
    purpose: str
    documents: _containers.RepeatedScalarFieldContainer[bytes]
    consent_recorded: bool
    open_key_materials: int
    def __init__(self, request_id: _Optional[str] = ..., officer: _Optional[_Union[Officer, _Mapping]] = ..., service: _Optional[str] = ..., counterpart: _Optional[str] = ..., application: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., legal_basis: _Optional[str] = ..., purpose: _Optional[str] = ..., documents: _Optional[_Iterable[bytes]] = ..., consent_recorded: _Optional[bool] = ..., open_key_materials: _Optional[int] = ...) -> None: ...

class OpenCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: CaseView
    def __init__(self, case: _Optional[_Union[CaseView, _Mapping]] = ...) -> None: ...

class DecideRequest(_message.Message):
    __slots__ = ("request_id", "expected_version", "officer", "case_id", "action", "detail", "reason_class", "legal_basis", "documents", "open_key_materials")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REASON_CLASS_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    OPEN_KEY_MATERIALS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    expected_version: int
    officer: Officer
    case_id: bytes
    action: str
    detail: _any_pb2.Any
    reason_class: _envelope_pb2.ReasonClass
    legal_basis: str
    documents: _containers.RepeatedScalarFieldContainer[bytes]
    open_key_materials: int
    def __init__(self, request_id: _Optional[str] = ..., expected_version: _Optional[int] = ..., officer: _Optional[_Union[Officer, _Mapping]] = ..., case_id: _Optional[bytes] = ..., action: _Optional[str] = ..., detail: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., reason_class: _Optional[_Union[_envelope_pb2.ReasonClass, str]] = ..., legal_basis: _Optional[str] = ..., documents: _Optional[_Iterable[bytes]] = ..., open_key_materials: _Optional[int] = ...) -> None: ...

class DecideResponse(_message.Message):
    __slots__ = ("case", "message_id")
    CASE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    case: CaseView
    message_id: bytes
    def __init__(self, case: _Optional[_Union[CaseView, _Mapping]] = ..., message_id: _Optional[bytes] = ...) -> None: ...

class GetCaseRequest(_message.Message):
    __slots__ = ("case_id",)
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    case_id: bytes
    def __init__(self, case_id: _Optional[bytes] = ...) -> None: ...

class GetCaseResponse(_message.Message):
    __slots__ = ("case", "messages", "reasons")
    CASE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    case: CaseView
    messages: _containers.RepeatedCompositeFieldContainer[MessageView]
    reasons: _containers.RepeatedCompositeFieldContainer[_precheck_pb2.ReasonView]
    def __init__(self, case: _Optional[_Union[CaseView, _Mapping]] = ..., messages: _Optional[_Iterable[_Union[MessageView, _Mapping]]] = ..., reasons: _Optional[_Iterable[_Union[_precheck_pb2.ReasonView, _Mapping]]] = ...) -> None: ...

class ListCasesRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: CaseFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[CaseFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class CaseFilter(_message.Message):
    __slots__ = ("state", "ball_holder", "due_before", "open_only")
    STATE_FIELD_NUMBER: _ClassVar[int]
    BALL_HOLDER_FIELD_NUMBER: _ClassVar[int]
    DUE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    state: str
    ball_holder: str
    due_before: _timestamp_pb2.Timestamp
    open_only: bool
    def __init__(self, state: _Optional[str] = ..., ball_holder: _Optional[str] = ..., due_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., open_only: _Optional[bool] = ...) -> None: ...

class ListCasesResponse(_message.Message):
    __slots__ = ("cases", "next_page_token")
    CASES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[CaseView]
    next_page_token: str
    def __init__(self, cases: _Optional[_Iterable[_Union[CaseView, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchCasesRequest(_message.Message):
    __slots__ = ("cursor", "at_once")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    AT_ONCE_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    at_once: int
    def __init__(self, cursor: _Optional[str] = ..., at_once: _Optional[int] = ...) -> None: ...

class WatchCasesResponse(_message.Message):
    __slots__ = ("case", "cursor", "more")
    CASE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    case: CaseView
    cursor: str
    more: _containers.RepeatedCompositeFieldContainer[CaseView]
    def __init__(self, case: _Optional[_Union[CaseView, _Mapping]] = ..., cursor: _Optional[str] = ..., more: _Optional[_Iterable[_Union[CaseView, _Mapping]]] = ...) -> None: ...

class FindResidentRequest(_message.Message):
    __slots__ = ("officer", "case_id")
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    officer: Officer
    case_id: bytes
    def __init__(self, officer: _Optional[_Union[Officer, _Mapping]] = ..., case_id: _Optional[bytes] = ...) -> None: ...

class FindResidentResponse(_message.Message):
    __slots__ = ("found", "resident", "differences", "status", "others")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    RESIDENT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    found: bool
    resident: bytes
    differences: _containers.RepeatedScalarFieldContainer[str]
    status: str
    others: _containers.RepeatedCompositeFieldContainer[FoundResident]
    def __init__(self, found: _Optional[bool] = ..., resident: _Optional[bytes] = ..., differences: _Optional[_Iterable[str]] = ..., status: _Optional[str] = ..., others: _Optional[_Iterable[_Union[FoundResident, _Mapping]]] = ...) -> None: ...

class FoundResident(_message.Message):
    __slots__ = ("id_number", "found", "resident", "differences", "status")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    RESIDENT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    found: bool
    resident: bytes
    differences: _containers.RepeatedScalarFieldContainer[str]
    status: str
    def __init__(self, id_number: _Optional[str] = ..., found: _Optional[bool] = ..., resident: _Optional[bytes] = ..., differences: _Optional[_Iterable[str]] = ..., status: _Optional[str] = ...) -> None: ...

class PutDocumentRequest(_message.Message):
    __slots__ = ("opening", "chunk")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    opening: DocumentOpening
    chunk: bytes
    def __init__(self, opening: _Optional[_Union[DocumentOpening, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class DocumentOpening(_message.Message):
    __slots__ = ("officer", "counterpart", "code", "media_type", "length", "plain_digest", "request_id", "offset")
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    PLAIN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    officer: Officer
    counterpart: str
    code: str
    media_type: str
    length: int
    plain_digest: bytes
    request_id: str
    offset: int
    def __init__(self, officer: _Optional[_Union[Officer, _Mapping]] = ..., counterpart: _Optional[str] = ..., code: _Optional[str] = ..., media_type: _Optional[str] = ..., length: _Optional[int] = ..., plain_digest: _Optional[bytes] = ..., request_id: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class PutDocumentResponse(_message.Message):
    __slots__ = ("digest",)
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    def __init__(self, digest: _Optional[bytes] = ...) -> None: ...

class StatDocumentRequest(_message.Message):
    __slots__ = ("opening",)
    OPENING_FIELD_NUMBER: _ClassVar[int]
    opening: DocumentOpening
    def __init__(self, opening: _Optional[_Union[DocumentOpening, _Mapping]] = ...) -> None: ...

class StatDocumentResponse(_message.Message):
    __slots__ = ("offset",)
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    def __init__(self, offset: _Optional[int] = ...) -> None: ...

class GetDocumentRequest(_message.Message):
    __slots__ = ("case_id", "digest", "offset")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    case_id: bytes
    digest: bytes
    offset: int
    def __init__(self, case_id: _Optional[bytes] = ..., digest: _Optional[bytes] = ..., offset: _Optional[int] = ...) -> None: ...

class GetDocumentResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class ListWorkRequest(_message.Message):
    __slots__ = ("page_size", "wait")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    wait: _duration_pb2.Duration
    def __init__(self, page_size: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListWorkResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[WorkItem]
    def __init__(self, items: _Optional[_Iterable[_Union[WorkItem, _Mapping]]] = ...) -> None: ...

class WorkItem(_message.Message):
    __slots__ = ("work_id", "find", "check", "reserve", "finalise", "release")
    WORK_ID_FIELD_NUMBER: _ClassVar[int]
    FIND_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    FINALISE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    work_id: bytes
    find: _register_pb2.FindRequest
    check: _register_pb2.CheckRequest
    reserve: _register_pb2.ReserveRequest
    finalise: _register_pb2.FinaliseRequest
    release: _register_pb2.ReleaseRequest
    def __init__(self, work_id: _Optional[bytes] = ..., find: _Optional[_Union[_register_pb2.FindRequest, _Mapping]] = ..., check: _Optional[_Union[_register_pb2.CheckRequest, _Mapping]] = ..., reserve: _Optional[_Union[_register_pb2.ReserveRequest, _Mapping]] = ..., finalise: _Optional[_Union[_register_pb2.FinaliseRequest, _Mapping]] = ..., release: _Optional[_Union[_register_pb2.ReleaseRequest, _Mapping]] = ...) -> None: ...

class CompleteWorkRequest(_message.Message):
    __slots__ = ("work_id", "find", "check", "reserve", "finalise", "release", "refusal")
    WORK_ID_FIELD_NUMBER: _ClassVar[int]
    FIND_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    FINALISE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    work_id: bytes
    find: _register_pb2.FindResponse
    check: _register_pb2.CheckResponse
    reserve: _register_pb2.ReserveResponse
    finalise: _register_pb2.FinaliseResponse
    release: _register_pb2.ReleaseResponse
    refusal: _exchange_pb2.Problem
    def __init__(self, work_id: _Optional[bytes] = ..., find: _Optional[_Union[_register_pb2.FindResponse, _Mapping]] = ..., check: _Optional[_Union[_register_pb2.CheckResponse, _Mapping]] = ..., reserve: _Optional[_Union[_register_pb2.ReserveResponse, _Mapping]] = ..., finalise: _Optional[_Union[_register_pb2.FinaliseResponse, _Mapping]] = ..., release: _Optional[_Union[_register_pb2.ReleaseResponse, _Mapping]] = ..., refusal: _Optional[_Union[_exchange_pb2.Problem, _Mapping]] = ...) -> None: ...

class CompleteWorkResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CaseView(_message.Message):
    __slots__ = ("case_id", "service", "parties", "state", "ball_holder", "owner", "version", "ending", "opened_at", "deadline", "due_at", "overdue", "legal_actions", "person_id_number", "person_name", "pending_action", "refusal", "refusal_text", "documents", "held", "movers", "owed")
    class PartiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BALL_HOLDER_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_ACTIONS_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PERSON_NAME_FIELD_NUMBER: _ClassVar[int]
    PENDING_ACTION_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_TEXT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    MOVERS_FIELD_NUMBER: _ClassVar[int]
    OWED_FIELD_NUMBER: _ClassVar[int]
    case_id: bytes
    service: str
    parties: _containers.ScalarMap[str, str]
    state: str
    ball_holder: str
    owner: str
    version: int
    ending: str
    opened_at: _timestamp_pb2.Timestamp
    deadline: str
    due_at: _timestamp_pb2.Timestamp
    overdue: bool
    legal_actions: _containers.RepeatedScalarFieldContainer[str]
    person_id_number: str
    person_name: str
    pending_action: str
    refusal: int
    refusal_text: str
    documents: _containers.RepeatedCompositeFieldContainer[DocumentView]
    held: _receipt_pb2.Hold
    movers: _containers.RepeatedCompositeFieldContainer[MoverView]
    owed: _containers.RepeatedCompositeFieldContainer[OwedMaterial]
    def __init__(self, case_id: _Optional[bytes] = ..., service: _Optional[str] = ..., parties: _Optional[_Mapping[str, str]] = ..., state: _Optional[str] = ..., ball_holder: _Optional[str] = ..., owner: _Optional[str] = ..., version: _Optional[int] = ..., ending: _Optional[str] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deadline: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., overdue: _Optional[bool] = ..., legal_actions: _Optional[_Iterable[str]] = ..., person_id_number: _Optional[str] = ..., person_name: _Optional[str] = ..., pending_action: _Optional[str] = ..., refusal: _Optional[int] = ..., refusal_text: _Optional[str] = ..., documents: _Optional[_Iterable[_Union[DocumentView, _Mapping]]] = ..., held: _Optional[_Union[_receipt_pb2.Hold, _Mapping]] = ..., movers: _Optional[_Iterable[_Union[MoverView, _Mapping]]] = ..., owed: _Optional[_Iterable[_Union[OwedMaterial, _Mapping]]] = ...) -> None: ...

class MoverView(_message.Message):
    __slots__ = ("id_number", "name", "relation_code", "guardian_id_number", "guardian_name")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RELATION_CODE_FIELD_NUMBER: _ClassVar[int]
    GUARDIAN_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    GUARDIAN_NAME_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    relation_code: str
    guardian_id_number: str
    guardian_name: str
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ..., relation_code: _Optional[str] = ..., guardian_id_number: _Optional[str] = ..., guardian_name: _Optional[str] = ...) -> None: ...

class OwedMaterial(_message.Message):
    __slots__ = ("code", "promised_until", "promised_by", "key", "lapsed")
    CODE_FIELD_NUMBER: _ClassVar[int]
    PROMISED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    PROMISED_BY_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LAPSED_FIELD_NUMBER: _ClassVar[int]
    code: str
    promised_until: str
    promised_by: str
    key: bool
    lapsed: bool
    def __init__(self, code: _Optional[str] = ..., promised_until: _Optional[str] = ..., promised_by: _Optional[str] = ..., key: _Optional[bool] = ..., lapsed: _Optional[bool] = ...) -> None: ...

class DocumentView(_message.Message):
    __slots__ = ("digest", "code", "media_type", "length", "sender", "plain_digest")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    PLAIN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    code: str
    media_type: str
    length: int
    sender: str
    plain_digest: bytes
    def __init__(self, digest: _Optional[bytes] = ..., code: _Optional[str] = ..., media_type: _Optional[str] = ..., length: _Optional[int] = ..., sender: _Optional[str] = ..., plain_digest: _Optional[bytes] = ...) -> None: ...

class MessageView(_message.Message):
    __slots__ = ("message_id", "action", "sender", "receiver", "accepted_at", "delivered_at", "entered_at", "refusal", "step", "payload")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_AT_FIELD_NUMBER: _ClassVar[int]
    ENTERED_AT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    message_id: bytes
    action: str
    sender: str
    receiver: str
    accepted_at: _timestamp_pb2.Timestamp
    delivered_at: _timestamp_pb2.Timestamp
    entered_at: _timestamp_pb2.Timestamp
    refusal: int
    step: int
    payload: _any_pb2.Any
    def __init__(self, message_id: _Optional[bytes] = ..., action: _Optional[str] = ..., sender: _Optional[str] = ..., receiver: _Optional[str] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delivered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., entered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refusal: _Optional[int] = ..., step: _Optional[int] = ..., payload: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...
