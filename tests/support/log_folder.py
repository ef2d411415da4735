"""A log folder made through core and pki alone: a small hub that signs everything for everybody.

`LogBuilder` keeps cases with the real engine, so what it makes is a valid log; tests that want an invalid one change one thing on the
way in (`header=`, `entry=`, `receipt=`, another signer, `judged=False`) and the rest stays right.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core import ids
from core.checkpoint import Checkpoint, sign_checkpoint
from core.dsse import DUE_EVENT_TYPE, HEADER_TYPE, pae
from core.edge import Edge
from core.entries import ACTION, DELIVERED, DUE, REFUSED, RULES, TRUST_LIST
from core.envelope import ReadMessage, read_header, sha256
from core.merkle import leaf_hash, root
from core.policy import read_policy
from core.procedures import engine
from core.receipts import RECEIPT_TYPES, due_event, timestamp
from core.refusals import OUT_OF_PROCEDURE, PERSON_CLAIMED
from core.rules import shipped_rules
from core.tiles import WIDTH, encode_bundle, tiles
from pki.identity import HUB
from tests.support.trust import ORIGIN, Keys
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.procedures.model import Case
    from pki.signer import Signer

IN, OUT = "330000", "310000"
START = datetime(2026, 1, 26, 1, 0, tzinfo=UTC)


class LogBuilder:
    """Appends entries one by one; `write` makes the folder."""

    def __init__(self, keys: Keys | None = None) -> None:
        self.keys = keys or Keys()
        self.recorded_at = self.business_at = START
        self.entries: list[bytes] = []
        self._edge = Edge()
        self.objects: dict[str, bytes] = {}
        self.version = 0
        self.book = shipped_rules()
        self.cases: dict[bytes, Case] = {}
        self.sent: dict[bytes, tuple[bytes, str]] = {}
        self._case_of: dict[bytes, bytes] = {}
        self._action_of: dict[bytes, str] = {}
        self._ids = 0

    def begin(self) -> LogBuilder:
        """What every log begins with."""
        self.trust_list()
        for kind, data in self.book.artefacts:
            self.rules(kind, data)
        return self

    def wait(self, **span: float) -> None:
        """Moves both clocks."""
        self.recorded_at += timedelta(**span)
        self.business_at += timedelta(**span)

    def trust_list(self, version: int | None = None, data: bytes | None = None) -> None:
        self.version = version or self.version + 1
        self.append(TRUST_LIST, {}, self.store(data or self.keys.trust_list(self.version)))
        tables = self.keys.policies.items()
        self.book.learn((sha256(table), read_policy(table, code)) for code, table in tables if data is None)

    def rules(self, kind: str, data: bytes) -> None:
        self.append(RULES, {"rules_kind": kind}, self.store(data))

    def new_id(self) -> bytes:
        self._ids += 1
        return ids.uuid7(1_769_000_000_000 + self._ids, self._ids.to_bytes(10, "big"))

    def message(self, case_id: bytes, action: str, sender: str, receiver: str, **changes: Any) -> ReadMessage:
        """A message as its sender would write it now."""
        procedure, calendar, policy = self.book.current("household-transfer", self.keys.policy_of(sender))
        if case := self.cases.get(case_id):
            procedure, calendar, policy = case.procedure_digest, case.calendar_digest, case.policy_digest
        routing = envelope_pb2.Routing(
            message_id=self.new_id(),
            case_id=case_id,
            service="household-transfer",
            action=action,
            sender=sender,
            receiver=receiver,
            unit=f"{sender[:2]}0101000000",
        )
        values: dict[str, Any] = {
            "format": 1,
            "routing": routing.SerializeToString(),
            "case_seq": (case.sequences.get(sender, 0) if case else 0) + 1,
            "created_at": timestamp(self.recorded_at),
            "legal_basis": "gtz-2021-12-43",
            "purpose": "household-transfer",
            "officer_reference": b"o" * 32,
            "payload_digest": sha256(routing.message_id),
            "plaintext_commitment": b"c" * 32,
            "tag_commitment": b"t" * 32 if action == "apply" else b"",
            "procedure_digest": procedure,
            "calendar_digest": calendar,
            "policy_digest": policy,
            "reason_class": envelope_pb2.REASON_CLASS_POLICY_NOT_MET,
            "concerns": case.concerns if case and action in {"entered", "execution-failed"} else b"",
        }
        if size := len(self.entries):
            values["seen_checkpoint"] = envelope_pb2.SeenCheckpoint(size=size, root=self._edge.root())
        return read_header(envelope_pb2.Header(**{**values, **changes}).SerializeToString(deterministic=True))

    def accept(
        self, message: ReadMessage, *, judged: bool = True, signer: Signer | None = None, step: int = 0, **changes: Mapping[str, Any]
    ) -> bytes:
        """Logs an accepted message; returns its id. `judged=False` skips the procedure: a hub that lies."""
        case_id = message.routing.case_id
        if judged:
            case = engine.advance(self.cases.get(case_id), message, self.business_at, self.book.of(message.header))
            self.cases[case_id] = case
            step = case.step
        return self._message(ACTION, message, signer, {"step": step}, changes)

    def refuse(self, message: ReadMessage, number: int, *, signer: Signer | None = None, **changes: Mapping[str, Any]) -> bytes:
        """Logs a refused message."""
        case = self.cases.get(message.routing.case_id)
        if case is not None:
            self.cases[case.case_id] = engine.consume_sequence(case, message)
        return self._message(REFUSED, message, signer, {"refusal": number}, changes)

    def deliver(
        self, message_id: bytes, *, receiver: str = "", signer: Signer | None = None, receipt: Mapping[str, Any] | None = None
    ) -> None:
        """Logs the receiver's receipt of a message or due event."""
        digest, to = self.sent[message_id]
        to, case_id, action = receiver or to, self._case_of[message_id], self._action_of.get(message_id, "")
        said = {"message_id": message_id, "header_digest": digest, "case_id": case_id, "receiver": to, **(receipt or {})}
        signed = self._receipt(receipt_pb2.RECEIPT_KIND_DELIVERED, said, signer or self.keys.signer(to))
        ids_ = {"case_id": case_id, "message_id": message_id}
        self.append(DELIVERED, ids_, digest, receipt=self.store(signed))
        case = self.cases.get(case_id)
        if case is not None and action:
            self.cases[case_id] = engine.received(case, message_id, action, self.business_at, self.book.of(case))

    def due(self, case_id: bytes, *, signer: Signer | None = None, **changes: Any) -> list[bytes]:
        """Logs everything the clock has to say about a case now; returns the event ids."""
        made = []
        rules = self.book.of(self.cases[case_id])
        for due in engine.due(self.cases[case_id], self.business_at, rules.procedure):
            event = receipt_pb2.DueEvent.FromString(due_event(self.cases[case_id], due, self.business_at))
            for field, value in changes.items():
                setattr(event, field, value)
            data = event.SerializeToString(deterministic=True)
            self.append_due(data, event, signer)
            self.cases[case_id] = engine.apply_due(self.cases[case_id], due, rules)
            made.append(event.event_id)
        return made

    def append_due(self, data: bytes, event: receipt_pb2.DueEvent, signer: Signer | None = None) -> None:
        signature = self._signature(signer or self.keys.signer(HUB), pae(DUE_EVENT_TYPE, data))
        fields = {"case_id": event.case_id, "message_id": event.event_id, "step": event.step}
        self.append(DUE, fields, self.store(data), signature=self.store(signature))
        self.sent[event.event_id] = sha256(data), IN
        self._case_of[event.event_id] = event.case_id

    def append(self, kind: int, fields: Mapping[str, Any], object_: bytes, *, signature: bytes = b"", receipt: bytes = b"") -> None:
        """Appends an entry; `fields` win over everything."""
        values: dict[str, Any] = {
            "format": 1,
            "kind": kind,
            "recorded_at": timestamp(self.recorded_at),
            "business_at": timestamp(self.business_at),
            "object": object_,
            "signature": signature,
            "receipt": receipt,
            "trust_list_version": self.version,
        }
        self.append_bytes(receipt_pb2.LogEntry(**{**values, **fields}).SerializeToString(deterministic=True))

    def append_bytes(self, entry: bytes) -> None:
        self.entries.append(entry)
        self._edge.extend([leaf_hash(entry)])

    def store(self, data: bytes) -> bytes:
        digest = sha256(data)
        self.objects[digest.hex()] = data
        return digest

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(ORIGIN, len(self.entries), root([leaf_hash(entry) for entry in self.entries]))

    def write(self, folder: Path, *, signer: Signer | None = None) -> Path:
        """Writes the log folder, and `root.pem` beside it."""
        key = self.keys.log_key
        files = {f"objects/{name}": data for name, data in self.objects.items()}
        files |= {"log.vkey": f"{key.vkey}\n".encode(), "policy": f"log {key.vkey}\nquorum none\n".encode()}
        made = Edge().extend([leaf_hash(entry) for entry in self.entries])
        for tile in tiles(len(self.entries)):
            files[tile.path] = made[tile]
            if tile.level == 0:
                files[tile.entries_path] = encode_bundle(self.entries[tile.index * WIDTH : tile.index * WIDTH + tile.width])
        files["checkpoint"] = sign_checkpoint(self.checkpoint(), key, (signer or self.keys.log).sign)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        (folder.parent / "root.pem").write_bytes(self.keys.root_pem)
        return folder

    def _message(
        self, kind: int, message: ReadMessage, signer: Signer | None, fields: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]
    ) -> bytes:
        routing = message.routing
        signature = self._signature(signer or self.keys.signer(routing.sender), pae(HEADER_TYPE, message.header_bytes))
        about = {"case_id": routing.case_id, "message_id": routing.message_id, **fields}
        said = {
            **about,
            "header_digest": message.digest,
            "business_at": timestamp(self.business_at),
            "trust_list_version": self.version,
            **changes.get("receipt", {}),
        }
        receipt_kind = receipt_pb2.RECEIPT_KIND_ACCEPTED if kind == ACTION else receipt_pb2.RECEIPT_KIND_REFUSED
        receipt = self._receipt(receipt_kind, said, self.keys.signer(HUB))
        entry = {**about, **changes.get("entry", {})}
        self.append(kind, entry, self.store(message.header_bytes), signature=self.store(signature), receipt=self.store(receipt))
        self.sent[routing.message_id] = message.digest, routing.receiver
        self._case_of[routing.message_id] = routing.case_id
        self._action_of[routing.message_id] = routing.action
        return routing.message_id

    def _signature(self, signer: Signer, message: bytes) -> bytes:
        signature = receipt_pb2.EntrySignature(key_id=signer.key_id, signature=signer.sign(message))
        return signature.SerializeToString(deterministic=True)

    def _receipt(self, kind: int, said: Mapping[str, Any], signer: Signer) -> bytes:
        values = {"format": 1, "kind": kind, "recorded_at": timestamp(self.recorded_at), **said}
        body = receipt_pb2.Receipt(**values).SerializeToString(deterministic=True)
        kind = values["kind"]
        signed = receipt_pb2.SignedReceipt(receipt=body, key_id=signer.key_id, signature=signer.sign(pae(RECEIPT_TYPES[kind], body)))
        return signed.SerializeToString(deterministic=True)


def transfer(log: LogBuilder, *, late_days: int = 3) -> bytes:
    """A whole household transfer, late in one place, with a refusal on the way; returns the case id."""
    case_id = log.new_id()

    def say(action: str, sender: str, **header: Any) -> None:
        log.wait(seconds=5)
        message_id = log.accept(log.message(case_id, action, sender, OUT if sender == IN else IN, **header))
        log.wait(seconds=1)
        log.deliver(message_id)

    say("apply", IN)
    log.refuse(log.message(case_id, "land", IN, OUT), OUT_OF_PROCEDURE.number)
    say("permit", IN)
    log.wait(days=late_days)
    for event_id in log.due(case_id):  # the limit of one working day for the deregistration has passed
        log.deliver(event_id, receiver=IN)
        log.deliver(event_id, receiver=OUT)
    say("deregister", OUT)
    say("entered", OUT)
    say("land", IN)
    say("entered", IN)
    return case_id


def sample(keys: Keys | None = None) -> LogBuilder:
    """A small log with an entry of every kind and two trust lists."""
    log = LogBuilder(keys).begin()
    transfer(log)
    log.trust_list()
    message = log.message(log.new_id(), "apply", IN, OUT)
    log.refuse(message, PERSON_CLAIMED.number)
    transfer(log)
    return log
