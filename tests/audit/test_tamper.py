"""One changed byte anywhere, a file too few or too many: found, with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.checkpoint import Checkpoint, sign_checkpoint
from core.entries import RULES, TRUST_LIST, named_objects, read_entry
from core.merkle import leaf_hash, root
from core.note import KeyType, NoteKey
from core.tiles import decode_bundle, encode_bundle
from pki.identity import Purpose
from pki.keys import new_private
from pki.signer import Signer
from tests.audit.verifying import findings_of
from tests.support.log_folder import LogBuilder, sample, transfer
from tests.support.trust import ORIGIN, Keys

SMALL, LARGE = "small", "large"
POSITIONS = [0.0, 0.13, 0.5, 0.77, 1.0]
"""Where in a file a byte is changed, from its first to its last."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[LogBuilder, Path]]:
    """A log of one partial bundle, and one with full tiles and a second level. Tests leave them as they were."""
    made = {SMALL: sample(), LARGE: sample()}
    while len(made[LARGE].entries) < 300:
        transfer(made[LARGE], late_days=0)
    return {name: (log, log.write(tmp_path_factory.mktemp(name) / "log")) for name, log in made.items()}


@pytest.fixture
def small(logs: dict[str, tuple[LogBuilder, Path]], tmp_path: Path) -> Path:
    """A copy of the small log, to be changed."""
    return copy(logs[SMALL][1], tmp_path)


def copy(folder: Path, tmp_path: Path) -> Path:
    shutil.copy(folder.parent / "root.pem", tmp_path / "root.pem")
    return Path(shutil.copytree(folder, tmp_path / "log"))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", [SMALL, LARGE])
def test_an_untouched_copy_is_in_order(logs: dict[str, tuple[LogBuilder, Path]], tmp_path: Path, name: str) -> None:
    assert findings_of(copy(logs[name][1], tmp_path)) == []


@pytest.mark.parametrize("position", POSITIONS)
def test_one_changed_byte_in_any_file_is_found(logs: dict[str, tuple[LogBuilder, Path]], position: float) -> None:
    folder, missed = logs[SMALL][1], []
    names = files(folder)
    assert len(names) > 70
    for name in names:
        data = (folder / name).read_bytes()
        changed = bytearray(data)
        changed[round((len(data) - 1) * position)] ^= 0x01
        (folder / name).write_bytes(changed)
        lines = [finding.line() for finding in findings_of(folder)]
        (folder / name).write_bytes(data)
        missed += [name] if not any(name in line for line in lines) else []
    assert missed == []
    assert findings_of(folder) == []


def test_one_changed_byte_in_any_tile_of_a_larger_log_is_found(logs: dict[str, tuple[LogBuilder, Path]]) -> None:
    folder = logs[LARGE][1]
    names = [name for name in files(folder) if name.startswith("tile/")]
    assert {"tile/0/000", "tile/1/000.p/1", "tile/entries/000"} <= set(names)
    for name in names:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes((data[0] ^ 0x80,)) + data[1:])
        lines = [finding.line() for finding in findings_of(folder)]
        (folder / name).write_bytes(data)
        assert any(name in line for line in lines), name


def test_every_missing_file_is_found(logs: dict[str, tuple[LogBuilder, Path]], tmp_path: Path) -> None:
    folder = logs[SMALL][1]
    for name in files(folder):
        (folder / name).rename(tmp_path / "away")
        found = findings_of(folder)
        (tmp_path / "away").rename(folder / name)
        assert any(finding.place == name and "missing" in finding.text for finding in found), name


@pytest.mark.parametrize("cut", [0, 1, 31])
def test_every_truncated_file_is_found(logs: dict[str, tuple[LogBuilder, Path]], cut: int) -> None:
    folder = logs[SMALL][1]
    for name in files(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: min(cut, len(data) - 1)])
        lines = [finding.line() for finding in findings_of(folder)]
        (folder / name).write_bytes(data)
        assert any(name in line for line in lines), name


@pytest.mark.parametrize("suffix", [b"\n", b"\0", b" "])
def test_every_lengthened_file_is_found(logs: dict[str, tuple[LogBuilder, Path]], suffix: bytes) -> None:
    folder = logs[SMALL][1]
    for name in files(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data + suffix)
        lines = [finding.line() for finding in findings_of(folder)]
        (folder / name).write_bytes(data)
        assert any(name in line for line in lines), name


@pytest.mark.parametrize(
    "name",
    [
        "extra",
        ".hidden",
        "objects/" + "0" * 64,
        "objects/readme",
        "tile/0/000",
        "tile/0/000.p/7",
        "tile/1/000.p/1",
        "tile/entries/001",
        "tile/2/x",
    ],
)
def test_a_surplus_file_is_found(small: Path, name: str) -> None:
    (small / name).parent.mkdir(parents=True, exist_ok=True)
    (small / name).write_bytes(b"surplus")
    assert [finding.place for finding in findings_of(small)] == [name]


def test_a_link_is_no_file(small: Path, tmp_path: Path) -> None:
    (small / "policy").rename(tmp_path / "policy")
    (small / "policy").symlink_to(tmp_path / "policy")
    found = findings_of(small)
    assert {(finding.check.value, finding.place, finding.text) for finding in found} == {
        (2, "policy", "is missing"),
        (2, "policy", "is no regular file"),
    }


def test_two_swapped_entries_are_found_at_their_places(small: Path) -> None:
    bundle = next((small / "tile/entries").rglob("*/*"))
    entries = decode_bundle(bundle.read_bytes(), int(bundle.name))
    entries[7], entries[8] = entries[8], entries[7]
    bundle.write_bytes(encode_bundle(entries))
    found = [(finding.entry, finding.text[:16]) for finding in findings_of(small) if finding.check == 3 and finding.entry is not None]
    assert found == [(7, "does not hash to"), (8, "does not hash to")]


def test_one_changed_entry_is_one_finding_there_and_one_about_the_root(small: Path) -> None:
    """What the entry then says may be found as well, but nothing about other entries."""
    bundle = next((small / "tile/entries").rglob("*/*"))
    entries = decode_bundle(bundle.read_bytes(), int(bundle.name))
    entries[9] = entries[9][:-1] + bytes((entries[9][-1] ^ 1,))
    bundle.write_bytes(encode_bundle(entries))
    found = findings_of(small)
    assert {finding.entry for finding in found} <= {None, 9}
    assert (3, 9) in {(finding.check.value, finding.entry) for finding in found}
    assert [finding.text for finding in found if finding.entry is None] == ["the entries give another root than the one that was signed"]


def test_one_changed_object_is_one_finding(logs: dict[str, tuple[LogBuilder, Path]]) -> None:
    """But for trust lists and rules: without them, nothing behind them can be checked."""
    log, folder = logs[SMALL]
    read = [read_entry(entry) for entry in log.entries]
    names = {digest.hex() for entry in read if entry.kind not in {TRUST_LIST, RULES} for digest in named_objects(entry)}
    assert len(names) > 60
    for name in names:
        data = (folder / "objects" / name).read_bytes()
        (folder / "objects" / name).write_bytes(bytes((data[0] ^ 1,)) + data[1:])
        found = findings_of(folder)
        (folder / "objects" / name).write_bytes(data)
        assert [finding.place for finding in found] == [f"objects/{name}"]


def test_an_older_checkpoint_put_back_is_found(tmp_path: Path) -> None:
    log = sample()
    old = log.write(tmp_path / "old/log").joinpath("checkpoint").read_bytes()
    transfer(log)
    new = log.write(tmp_path / "new/log")
    (new / "checkpoint").write_bytes(old)
    assert {finding.check.value for finding in findings_of(new)} == {2, 3, 5}


def test_a_checkpoint_signed_by_another_key_is_found(tmp_path: Path) -> None:
    other = Signer.of(new_private(Purpose.LOG))  # type: ignore[arg-type]  # an Ed25519 key
    found = findings_of(sample().write(tmp_path / "log", signer=other))
    assert [(finding.check.value, finding.text) for finding in found] == [(1, "is not signed by the log: BAD_SIGNATURE")]


def test_a_log_key_that_is_not_in_the_trust_list_is_found(small: Path, logs: dict[str, tuple[LogBuilder, Path]]) -> None:
    other = Signer.of(new_private(Purpose.LOG))  # type: ignore[arg-type]  # an Ed25519 key
    key = NoteKey(ORIGIN, KeyType.NOTE, other.public_key.raw)
    (small / "checkpoint").write_bytes(sign_checkpoint(logs[SMALL][0].checkpoint(), key, other.sign))
    (small / "log.vkey").write_text(f"{key.vkey}\n")
    (small / "policy").write_text(f"log {key.vkey}\nquorum none\n")
    assert [finding.line() for finding in findings_of(small)] == ["F01 log.vkey: is not the log key in trust list 2"]


def test_a_checkpoint_over_another_tree_is_found(small: Path, logs: dict[str, tuple[LogBuilder, Path]]) -> None:
    log = logs[SMALL][0]
    leaves = [leaf_hash(entry) for entry in log.entries[:-1]] + [leaf_hash(b"something else")]
    false = Checkpoint(ORIGIN, len(leaves), root(leaves))
    (small / "checkpoint").write_bytes(sign_checkpoint(false, log.keys.log_key, log.keys.log.sign))
    assert [finding.line() for finding in findings_of(small)] == ["F03 log: the entries give another root than the one that was signed"]


def test_a_second_signature_line_is_found(small: Path) -> None:
    note = (small / "checkpoint").read_bytes()
    (small / "checkpoint").write_bytes(note + note.splitlines(keepends=True)[-1].replace(b"yrdx-hub", b"somebody"))
    assert [finding.text for finding in findings_of(small)] == ["has 2 signatures instead of the log's one"]


def test_a_signed_size_that_no_folder_holds_is_not_counted_to(small: Path, logs: dict[str, tuple[LogBuilder, Path]]) -> None:
    log = logs[SMALL][0]
    huge = Checkpoint(ORIGIN, 2**62, b"r" * 32)
    (small / "checkpoint").write_bytes(sign_checkpoint(huge, log.keys.log_key, log.keys.log.sign))
    assert findings_of(small)[0].text.startswith("nothing further can be checked")


def test_a_log_made_under_another_root_is_found(small: Path) -> None:
    (small.parent / "root.pem").write_bytes(Keys().root_pem)
    found = findings_of(small)
    assert [(finding.check.value, finding.entry) for finding in found[:2]] == [(6, 0), (6, 20)]
    assert {finding.check.value for finding in found} == {6, 8, 9, 10}


def test_a_replaced_trust_list_is_found(small: Path, logs: dict[str, tuple[LogBuilder, Path]]) -> None:
    """A trust list of the true root, but not the one that was logged."""
    keys = logs[SMALL][0].keys
    keys.add_key("310000")
    listed = max((small / "objects").iterdir(), key=lambda path: path.stat().st_size)
    listed.write_bytes(keys.trust_list(1))
    assert (5, "does not hash to its name") in {(finding.check.value, finding.text) for finding in findings_of(small)}


def test_an_empty_folder_is_a_finding_and_no_accident(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(Keys().root_pem)
    (tmp_path / "log").mkdir()
    assert [finding.line() for finding in findings_of(tmp_path / "log")] == [
        "F01 log: nothing further can be checked: there is no readable checkpoint, or entries for it are missing altogether",
        "F02 checkpoint: is missing",
        "F02 log.vkey: is missing",
        "F02 policy: is missing",
    ]
