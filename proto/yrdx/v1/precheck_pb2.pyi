from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PrecheckGrade(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRECHECK_GRADE_UNSPECIFIED: _ClassVar[PrecheckGrade]
    PRECHECK_GRADE_PASS: _ClassVar[PrecheckGrade]
    PRECHECK_GRADE_WARN: _ClassVar[PrecheckGrade]
    PRECHECK_GRADE_FAIL: _ClassVar[PrecheckGrade]
PRECHECK_GRADE_UNSPECIFIED: PrecheckGrade
PRECHECK_GRADE_PASS: PrecheckGrade
PRECHECK_GRADE_WARN: PrecheckGrade
PRECHECK_GRADE_FAIL: PrecheckGrade

class PrecheckRequest(_message.Message):
    __slots__ = ("service", "counterpart", "ground", "materials", "facts")
    class FactsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    MATERIALS_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    service: str
    counterpart: str
    ground: str
    materials: _containers.RepeatedScalarFieldContainer[str]
    facts: _containers.ScalarMap[str, str]
    def __init__(self, service: _Optional[str] = ..., counterpart: _Optional[str] = ..., ground: _Optional[str] = ..., materials: _Optional[_Iterable[str]] = ..., facts: _Optional[_Mapping[str, str]] = ...) -> None: ...

class PrecheckResponse(_message.Message):
    __slots__ = ("grade", "findings", "receiving", "leaving")
    GRADE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    RECEIVING_FIELD_NUMBER: _ClassVar[int]
    LEAVING_FIELD_NUMBER: _ClassVar[int]
    grade: PrecheckGrade
    findings: _containers.RepeatedCompositeFieldContainer[PrecheckFinding]
    receiving: PolicyView
    leaving: PolicyView
    def __init__(self, grade: _Optional[_Union[PrecheckGrade, str]] = ..., findings: _Optional[_Iterable[_Union[PrecheckFinding, _Mapping]]] = ..., receiving: _Optional[_Union[PolicyView, _Mapping]] = ..., leaving: _Optional[_Union[PolicyView, _Mapping]] = ...) -> None: ...

class PrecheckFinding(_message.Message):
    __slots__ = ("grade", "province", "rule_id", "text_zh", "text_en", "source", "asks")
    GRADE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_ZH_FIELD_NUMBER: _ClassVar[int]
    TEXT_EN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    grade: PrecheckGrade
    province: str
    rule_id: str
    text_zh: str
    text_en: str
    source: str
    asks: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, grade: _Optional[_Union[PrecheckGrade, str]] = ..., province: _Optional[str] = ..., rule_id: _Optional[str] = ..., text_zh: _Optional[str] = ..., text_en: _Optional[str] = ..., source: _Optional[str] = ..., asks: _Optional[_Iterable[str]] = ...) -> None: ...

class PolicyView(_message.Message):
    __slots__ = ("name", "province", "version", "digest")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    province: str
    version: int
    digest: bytes
    def __init__(self, name: _Optional[str] = ..., province: _Optional[str] = ..., version: _Optional[int] = ..., digest: _Optional[bytes] = ...) -> None: ...

class ReasonView(_message.Message):
    __slots__ = ("code", "actions", "text_zh", "text_en")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    TEXT_ZH_FIELD_NUMBER: _ClassVar[int]
    TEXT_EN_FIELD_NUMBER: _ClassVar[int]
    code: str
    actions: _containers.RepeatedScalarFieldContainer[str]
    text_zh: str
    text_en: str
    def __init__(self, code: _Optional[str] = ..., actions: _Optional[_Iterable[str]] = ..., text_zh: _Optional[str] = ..., text_en: _Optional[str] = ...) -> None: ...
