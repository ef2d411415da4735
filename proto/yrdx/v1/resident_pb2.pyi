from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Resident(_message.Message):
    __slots__ = ("id_number", "name", "former_name", "sex_code", "birth_date", "ethnicity_code", "birth_place_code", "native_place_code", "marital_status_code", "education_code", "occupation_code", "workplace", "relation_to_head_code", "household_number", "head_id_number", "address_code", "address", "phone", "household_kind", "extra_items")
    ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORMER_NAME_FIELD_NUMBER: _ClassVar[int]
    SEX_CODE_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    ETHNICITY_CODE_FIELD_NUMBER: _ClassVar[int]
    BIRTH_PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    NATIVE_PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    MARITAL_STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    EDUCATION_CODE_FIELD_NUMBER: _ClassVar[int]
    OCCUPATION_CODE_FIELD_NUMBER: _ClassVar[int]
    WORKPLACE_FIELD_NUMBER: _ClassVar[int]
    RELATION_TO_HEAD_CODE_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    HEAD_ID_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_CODE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_KIND_FIELD_NUMBER: _ClassVar[int]
    EXTRA_ITEMS_FIELD_NUMBER: _ClassVar[int]
    id_number: str
    name: str
    former_name: str
    sex_code: str
    birth_date: str
    ethnicity_code: str
    birth_place_code: str
    native_place_code: str
    marital_status_code: str
    education_code: str
    occupation_code: str
    workplace: str
    relation_to_head_code: str
    household_number: str
    head_id_number: str
    address_code: str
    address: str
    phone: str
    household_kind: str
    extra_items: _containers.RepeatedCompositeFieldContainer[ExtraItem]
    def __init__(self, id_number: _Optional[str] = ..., name: _Optional[str] = ..., former_name: _Optional[str] = ..., sex_code: _Optional[str] = ..., birth_date: _Optional[str] = ..., ethnicity_code: _Optional[str] = ..., birth_place_code: _Optional[str] = ..., native_place_code: _Optional[str] = ..., marital_status_code: _Optional[str] = ..., education_code: _Optional[str] = ..., occupation_code: _Optional[str] = ..., workplace: _Optional[str] = ..., relation_to_head_code: _Optional[str] = ..., household_number: _Optional[str] = ..., head_id_number: _Optional[str] = ..., address_code: _Optional[str] = ..., address: _Optional[str] = ..., phone: _Optional[str] = ..., household_kind: _Optional[str] = ..., extra_items: _Optional[_Iterable[_Union[ExtraItem, _Mapping]]] = ...) -> None: ...

class ExtraItem(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
