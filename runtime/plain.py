"""Protobuf messages as plain values, for `--json` of command line programs.

Decides how a value is written: ids as UUID text (as the programs take them), other bytes as hex, times in UTC, an enum as its name, a
packed message with its type beside its fields. Every field is there, an unset message or time as None: a script may rely on the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import symbol_database
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.timestamp_pb2 import Timestamp

from core.ids import ID_BYTES, uuid_text

if TYPE_CHECKING:
    from google.protobuf.message import Message

    FieldDescriptor = Any  # the stubs know two, of which the library gives the other one

    Value = dict[str, Any] | list[Any] | str | float | None


def plain(message: Message) -> dict[str, Any]:
    """All fields of a message by name."""
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields}


def unpacked(packed: Packed) -> Message | None:
    """The message inside, or None when its type is not loaded here or its bytes are not of that type."""
    try:
        found: Message = symbol_database.Default().GetSymbol(packed.TypeName())()
    except KeyError:
        return None
    return found if packed.Unpack(found) else None


def _field(message: Message, field: FieldDescriptor) -> Value:
    value: Any = getattr(message, field.name)
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        return {str(key): _value(inner.fields_by_name["value"], value[key]) for key in sorted(value)}
    if field.is_repeated:
        return [_value(field, item) for item in value]
    if inner is not None and not message.HasField(field.name):
        return None
    return _value(field, value)


def _value(field: FieldDescriptor, value: Any) -> Value:
    match value:
        case Timestamp():
            return value.ToJsonString()
        case Packed():
            return _packed(value)
        case bytes():
            return uuid_text(value) if field.name.endswith("_id") and len(value) == ID_BYTES else value.hex()
        case bool() | int() | float() | str():
            return value if field.enum_type is None else _enum(field, value)
        case _:
            return plain(value)


def _enum(field: FieldDescriptor, number: Any) -> Value:
    known = field.enum_type.values_by_number.get(number)
    return number if known is None else str(known.name)


def _packed(packed: Packed) -> dict[str, Any]:
    message = unpacked(packed)
    return {"type": packed.TypeName(), **({"value": packed.value.hex()} if message is None else plain(message))}
