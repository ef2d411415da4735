"""Nobody but the provinces can read who moves: no name and no number of a person in what the hub, the broker or a log holds."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from core.ids import PROVINCES
from simulator.layout import Layout
from simulator.oracle.secrecy import Secrets
from simulator.staff import staff
from tests.system.conftest import CASES, SEED
from tests.system.secrets import forms, found
from tests.system.seen import files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.conftest import Lived


def people(folder: Path) -> dict[str, str]:
    """Name by number, of everybody."""
    lines = [line for code in PROVINCES for line in (folder / "registers" / f"{code}.jsonl").read_text().splitlines()]
    return {record["id_number"]: record["name"] for record in map(json.loads, lines)}


def movers(folder: Path) -> set[str]:
    """Names and numbers of those who wanted to move, and the names of the officers."""
    told = [json.loads(line)["answer"].get("id_number", "") for line in (folder / "journal.jsonl").read_text().splitlines()]
    names = people(folder)
    numbers = {number for together in told for number in together.split()}
    return numbers | {names[number] for number in numbers} | {officer.name for code in PROVINCES for officer in staff(SEED, code)}


def outside(lived: Lived) -> dict[str, bytes]:
    """Whatever leaves a province: at the hub, at the broker, in the object store, in any log."""
    layout = Layout.of(lived.folder)
    logs = files(layout.folder / "process-logs", layout.private / "errors", layout.private / "materials", layout.log)
    servers = {str(path): path.read_bytes() for name in ("postgres", "broker") for path in layout.engine(name).rglob("*.log")}
    report = {name: (layout.folder / name).read_bytes() for name in ("report.json", "report.html", "world.json")}
    return {**lived.seen.hub, **lived.seen.broker, **logs, **servers, **report}


def test_every_form_would_be_found() -> None:
    name, number = "王小明", "310101199003070013"
    forbidden = [
        f"name {name}".encode(),
        f"name {name}".encode("gb18030"),
        number.encode("utf-16-le"),
        json.dumps({"who": name}).encode(),
        name.encode().hex().encode(),
        base64.b64encode(b"x" + number.encode() + b"yz"),
        base64.urlsafe_b64encode(b"xy" + name.encode() + b"?"),
        hashlib.sha256(number.encode()).digest(),
        hashlib.sha256(name.encode()).hexdigest().encode(),
        base64.b64encode(hashlib.sha256(name.encode("gb18030")).digest()),
    ]
    missed = [data for data in forbidden if not found({"place": data}, [name, number])]
    assert missed == []
    assert min(map(len, forms(name))) >= 6  # so short that chance makes none
    assert not found({"place": "王小红 310101199003070014".encode()}, [name, number])


def test_the_world_had_something_to_hide(lived: Lived) -> None:
    assert len(movers(lived.folder)) > 2 * CASES
    assert len(lived.seen.broker) > 10 * CASES
    assert sum(map(len, lived.seen.hub.values())) > 500_000
    registers = files(Layout.of(lived.folder).private / "registers")
    assert found(registers, movers(lived.folder))


def test_nothing_that_leaves_a_province_names_anybody(lived: Lived) -> None:
    places = outside(lived)
    assert found(places, movers(lived.folder)) == []
    names = people(lived.folder)
    secrets = Secrets(names.keys(), names.values())
    assert [place for place, data in places.items() if secrets.found(data)] == []


def test_a_node_keeps_its_people_sealed(lived: Lived) -> None:
    assert found(lived.seen.nodes, movers(lived.folder)) == []
