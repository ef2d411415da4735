"""What the driver is told, and what it leaves: files between two processes."""

from __future__ import annotations

import msgspec


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A desk and the system's certificate for it."""

    address: str
    certificate: str
    key: str
    root: str


class CasePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Who moves from where to where."""

    id_number: str
    name: str
    home: str
    destination: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the driver.

    Attributes:
        payload: bytes of text in each message.
        idle_s: one message at a time.
        warm_s: all cases at once, not measured.
        saturated_s: the same, measured.
        half_s: at half that rate.
        drain_s: in which the last receipts come home, after the flood and at the end.
        out: where the calls are left.
    """

    parties: dict[str, Party]
    cases: list[CasePlan]
    payload: int
    idle_s: float
    warm_s: float
    saturated_s: float
    half_s: float
    drain_s: float
    out: str


class Call(msgspec.Struct, frozen=True, array_like=True):
    """A desk call that was answered OK; `at` is when it was made, in seconds since 1970."""

    province: str
    message_id: bytes
    at: float


class Stage(msgspec.Struct, frozen=True, array_like=True):
    """Part of a run, in seconds since 1970."""

    name: str
    begin: float
    end: float = 0.0


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """What the driver leaves.

    Attributes:
        refused: how often a call was refused, by number; such a call was made again.
    """

    stages: list[Stage]
    calls: list[Call]
    refused: dict[str, int]
