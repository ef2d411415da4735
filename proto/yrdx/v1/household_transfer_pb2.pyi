import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from yrdx.v1 import envelope_pb2 as _envelope_pb2
from yrdx.v1 import resident_pb2 as _resident_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TransferGround(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_GROUND_UNSPECIFIED: _ClassVar[TransferGround]
    TRANSFER_GROUND_SPOUSE: _ClassVar[TransferGround]
    TRANSFER_GROUND_PARENTS_TO_CHILDREN: _ClassVar[TransferGround]
    TRANSFER_GROUND_CHILDREN_TO_PARENTS: _ClassVar[TransferGround]
    TRANSFER_GROUND_TALENT: _ClassVar[TransferGround]
    TRANSFER_GROUND_JOB_TRANSFER: _ClassVar[TransferGround]
TRANSFER_GROUND_UNSPECIFIED: TransferGround
TRANSFER_GROUND_SPOUSE: TransferGround
TRANSFER_GROUND_PARENTS_TO_CHILDREN: TransferGround
TRANSFER_GROUND_CHILDREN_TO_PARENTS: TransferGround
TRANSFER_GROUND_TALENT: TransferGround
TRANSFER_GROUND_JOB_TRANSFER: TransferGround

class SealedContent(_message.Message):
    __slots__ = ("type", "salt", "payload", "tag_opening", "materials")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TAG_OPENING_FIELD_NUMBER: _ClassVar[int]
    MATERIALS_FIELD_NUMBER: _ClassVar[int]
    type: str
    salt: bytes
    payload: bytes
    tag_opening: _envelope_pb2.TagOpening
    materials: _containers.RepeatedCompositeFieldContainer[MaterialDescription]
    def __init__(self, type: _Optional[str] = ..., salt: _Optional[bytes] = ..., payload: _Optional[bytes] = ..., tag_opening: _Optional[_Union[_envelope_pb2.TagOpening, _Mapping]] = ..., materials: _Optional[_Iterable[_Union[MaterialDescription, _Mapping]]] = ...) -> None: ...

class ContentRefused(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class MaterialDescription(_message.Message):
    __slots__ = ("digest", "code", "media_type", "length", "plain_digest")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    PLAIN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    code: str
    media_type: str
    length: int
    plain_digest: bytes
    def __init__(self, digest: _Optional[bytes] = ..., code: _Optional[str] = ..., media_type: _Optional[str] = ..., length: _Optional[int] = ..., plain_digest: _Optional[bytes] = ...) -> None: ...

class HouseholdApplication(_message.Message):
    __slots__ = ("id_number", "name", "ground", "missing", "guardian", "relation_code", "others", "agent", "new_head_id_number")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    GUARDIAN_FIELD_NUMBER: _ClassVar[int]
    RELATION_CODE_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    NEW_HEAD_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    ground: TransferGround
    missing: _containers.RepeatedCompositeFieldContainer[PromisedMaterial]
    guardian: Guardian
    relation_code: str
    others: _containers.RepeatedCompositeFieldContainer[Mover]
    agent: Agent
    new_head_id_number: str
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ..., ground: _Optional[_Union[TransferGround, str]] = ..., missing: _Optional[_Iterable[_Union[PromisedMaterial, _Mapping]]] = ..., guardian: _Optional[_Union[Guardian, _Mapping]] = ..., relation_code: _Optional[str] = ..., others: _Optional[_Iterable[_Union[Mover, _Mapping]]] = ..., agent: _Optional[_Union[Agent, _Mapping]] = ..., new_head_id_number: _Optional[str] = ...) -> None: ...

class Mover(_message.Message):
    __slots__ = ("id_number", "name", "relation_code", "guardian")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RELATION_CODE_FIELD_NUMBER: _ClassVar[int]
    GUARDIAN_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    relation_code: str
    guardian: Guardian
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ..., relation_code: _Optional[str] = ..., guardian: _Optional[_Union[Guardian, _Mapping]] = ...) -> None: ...

class Guardian(_message.Message):
    __slots__ = ("id_number", "name")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Agent(_message.Message):
    __slots__ = ("id_number", "name")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class MovePermit(_message.Message):
    __slots__ = ("permit_number", "issuer_unit", "issued_at", "expires_at", "id_number", "name", "to_address", "whole_household", "new_head_id_number", "contact_phone", "others", "household_kind")
    PERMIT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ISSUER_UNIT_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TO_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    WHOLE_HOUSEHOLD_FIELD_NUMBER: _ClassVar[int]
    NEW_HEAD_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONTACT_PHONE_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_KIND_FIELD_NUMBER: _ClassVar[int]
    permit_number: str
    issuer_unit: str
    issued_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    id_number: str
    name: str
    to_address: str
    whole_household: bool
    new_head_id_number: str
    contact_phone: str
    others: _containers.RepeatedCompositeFieldContainer[Mover]
    household_kind: str
    def __init__(self, permit_number: _Optional[str] = ..., issuer_unit: _Optional[str] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., id_number: _Optional[str] = ..., name: _Optional[str] = ..., to_address: _Optional[str] = ..., whole_household: _Optional[bool] = ..., new_head_id_number: _Optional[str] = ..., contact_phone: _Optional[str] = ..., others: _Optional[_Iterable[_Union[Mover, _Mapping]]] = ..., household_kind: _Optional[str] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("reason_code", "reason")
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason_code: str
    reason: str
    def __init__(self, reason_code: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CorrectionRequest(_message.Message):
    __slots__ = ("reason_code", "reason", "differences", "missing_materials")
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    MISSING_MATERIALS_FIELD_NUMBER: _ClassVar[int]
    reason_code: str
    reason: str
    differences: _containers.RepeatedCompositeFieldContainer[FieldDifference]
    missing_materials: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reason_code: _Optional[str] = ..., reason: _Optional[str] = ..., differences: _Optional[_Iterable[_Union[FieldDifference, _Mapping]]] = ..., missing_materials: _Optional[_Iterable[str]] = ...) -> None: ...

class FieldDifference(_message.Message):
    __slots__ = ("field", "stated", "registered", "id_number")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    STATED_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    field: str
    stated: str
    registered: str
    id_number: str
    def __init__(self, field: _Optional[str] = ..., stated: _Optional[str] = ..., registered: _Optional[str] = ..., id_number: _Optional[str] = ...) -> None: ...

class Correction(_message.Message):
    __slots__ = ("application", "note")
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    application: HouseholdApplication
    note: str
    def __init__(self, application: _Optional[_Union[HouseholdApplication, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class Supplement(_message.Message):
    __slots__ = ("brought", "missing")
    BROUGHT_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    brought: _containers.RepeatedScalarFieldContainer[str]
    missing: _containers.RepeatedCompositeFieldContainer[PromisedMaterial]
    def __init__(self, brought: _Optional[_Iterable[str]] = ..., missing: _Optional[_Iterable[_Union[PromisedMaterial, _Mapping]]] = ...) -> None: ...

class PromisedMaterial(_message.Message):
    __slots__ = ("code", "promised_until", "promised_by")
    CODE_FIELD_NUMBER: _ClassVar[int]
    PROMISED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    PROMISED_BY_FIELD_NUMBER: _ClassVar[int]
    code: str
    promised_until: str
    promised_by: str
    def __init__(self, code: _Optional[str] = ..., promised_until: _Optional[str] = ..., promised_by: _Optional[str] = ...) -> None: ...

class MigrationCertificate(_message.Message):
    __slots__ = ("certificate_number", "permit_number", "issued_at", "resident", "from_address", "others")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PERMIT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    RESIDENT_FIELD_NUMBER: _ClassVar[int]
    FROM_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    permit_number: str
    issued_at: _timestamp_pb2.Timestamp
    resident: _resident_pb2.Resident
    from_address: str
    others: _containers.RepeatedCompositeFieldContainer[_resident_pb2.Resident]
    def __init__(self, certificate_number: _Optional[str] = ..., permit_number: _Optional[str] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resident: _Optional[_Union[_resident_pb2.Resident, _Mapping]] = ..., from_address: _Optional[str] = ..., others: _Optional[_Iterable[_Union[_resident_pb2.Resident, _Mapping]]] = ...) -> None: ...

class LandingReceipt(_message.Message):
    __slots__ = ("certificate_number", "landed_at", "household_number", "deceased_on", "deceased_id_number", "head_id_number")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    LANDED_AT_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DECEASED_ON_FIELD_NUMBER: _ClassVar[int]
    DECEASED_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    HEAD_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    landed_at: _timestamp_pb2.Timestamp
    household_number: str
    deceased_on: str
    deceased_id_number: str
    head_id_number: str
    def __init__(self, certificate_number: _Optional[str] = ..., landed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., household_number: _Optional[str] = ..., deceased_on: _Optional[str] = ..., deceased_id_number: _Optional[str] = ..., head_id_number: _Optional[str] = ...) -> None: ...

class Entered(_message.Message):
    __slots__ = ("operation_id", "entered_at")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    ENTERED_AT_FIELD_NUMBER: _ClassVar[int]
    operation_id: bytes
    entered_at: _timestamp_pb2.Timestamp
    def __init__(self, operation_id: _Optional[bytes] = ..., entered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExecutionFailed(_message.Message):
    __slots__ = ("operation_id", "reason_code", "reason")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operation_id: bytes
    reason_code: str
    reason: str
    def __init__(self, operation_id: _Optional[bytes] = ..., reason_code: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
