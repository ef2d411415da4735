"""The log folder: what `store` proves, and that it completes whatever a crash left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.checkpoint import sign_checkpoint
from core.merkle import EMPTY_ROOT, leaf_hash, root
from core.refusals import LOG_CORRUPT, Refused
from core.tiles import WIDTH
from hub.log.files import Batch, LogFiles
from tests.audit.verifying import findings_of
from tests.core.refusing import refused
from tests.support.log_folder import LogBuilder, sample, transfer


@pytest.fixture(scope="module")
def log() -> LogBuilder:
    """Over two bundles of entries."""
    made = sample()
    while len(made.entries) < 2 * WIDTH + 20:
        transfer(made, late_days=0)
    return made


def batch(log: LogBuilder, known: int, size: int, first: int | None = None, objects_from: int | None = None) -> Batch:
    first = known // WIDTH * WIDTH if first is None else first
    known_root = root([leaf_hash(entry) for entry in log.entries[:known]])
    start = known if objects_from is None else objects_from
    return Batch(first, known, known_root, log.entries[first:size], start, list(log.objects.values()))


def publish(files: LogFiles, log: LogBuilder, old: int, size: int) -> None:
    """Stores and publishes; the checkpoint is that of the whole builder cut to `size`."""
    stored = files.store(batch(log, old, size))
    assert (stored.size, stored.root) == (size, root([leaf_hash(entry) for entry in log.entries[:size]]))
    files.publish(note(log, size), old, size)


def note(log: LogBuilder, size: int) -> bytes:
    short = LogBuilder(log.keys)
    short.entries = log.entries[:size]
    return sign_checkpoint(short.checkpoint(), log.keys.log_key, log.keys.log.sign)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("sizes", [[530], [1, 2, 3, 530], [255, 256, 257, 511, 512, 513, 530], [*range(20, 530, 37), 530]])
def test_however_it_is_cut_the_folder_is_the_same(log: LogBuilder, tmp_path: Path, sizes: list[int]) -> None:
    files = LogFiles(tmp_path / "log")
    files.introduce(log.keys.log_key.vkey)
    old = 0
    for size in sizes:
        publish(files, log, old, size)
        old = size
    whole = LogBuilder(log.keys)
    for entry in log.entries[:530]:
        whole.append_bytes(entry)
    named = {name for name in tree(tmp_path / "log") if name.startswith("objects/")}
    whole.objects = {name: data for name, data in log.objects.items() if f"objects/{name}" in named}
    assert tree(tmp_path / "log") == tree(whole.write(tmp_path / "expected/log"))
    (tmp_path / "root.pem").write_bytes(log.keys.root_pem)
    assert findings_of(tmp_path / "log") == []
    assert not [path for path in (tmp_path / "log").rglob("*") if path.is_dir() and not any(path.iterdir())]


class Killed(Exception):  # noqa: N818 - not an error but an event
    """Stands for kill -9."""


class Dying:
    """Lets so many changes of the folder happen, then dies: before the next one, or with half a file written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lives: int, *, torn: bool) -> None:
        self.left, self.torn = lives, torn
        self.real_write, self.real_unlink = LogFiles._write, Path.unlink
        monkeypatch.setattr(LogFiles, "_write", lambda files, name, data, *, synced: self.write(files, name, data, synced=synced))
        monkeypatch.setattr(Path, "unlink", lambda path: self.unlink(path))  # noqa: PLW0108 - a bound method would not be bound to the path

    def write(self, files: LogFiles, name: str, data: bytes, *, synced: bool) -> None:
        if self.left == 0 and self.torn:
            path = files._folder / name
            path.with_name(f".{path.name}.new").write_bytes(data[: len(data) // 2])
        self.live()
        self.real_write(files, name, data, synced=synced)

    def unlink(self, path: Path) -> None:
        self.live()
        self.real_unlink(path)

    def live(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("size", [257, 530])
def test_killed_at_any_change_of_the_folder(log: LogBuilder, tmp_path: Path, size: int, torn: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """For every n: the n-th change is the last; then the same function completes the folder."""
    published = tmp_path / "published"
    files = LogFiles(published)
    files.introduce(log.keys.log_key.vkey)
    publish(files, log, 0, 250)
    expected = shutil.copytree(published, tmp_path / "expected")
    publish(LogFiles(expected), log, 250, size)
    for lives in range(100):
        folder = Path(shutil.copytree(published, tmp_path / str(lives)))
        if survives(folder, log, size, lives, torn=torn):
            assert lives > 4
            return
        publish(LogFiles(folder), log, 250, size)
        assert tree(folder) == tree(expected)
    pytest.fail("never came to its end")


def survives(folder: Path, log: LogBuilder, size: int, lives: int, *, torn: bool) -> bool:
    with pytest.MonkeyPatch.context() as patched:
        Dying(patched, lives, torn=torn)
        try:
            publish(LogFiles(folder), log, 250, size)
        except Killed:
            return False
    return True


def test_torn_objects_and_tiles_of_a_power_failure_are_written_again(log: LogBuilder, tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "log")
    files.introduce(log.keys.log_key.vkey)
    publish(files, log, 0, 530)
    whole = tree(tmp_path / "log")
    for n, name in enumerate(sorted(whole)):
        if name.startswith(("objects/", "tile/0/002", "tile/entries")):
            (tmp_path / "log" / name).write_bytes(whole[name][: n % 7])
    files.store(batch(log, 530, 530, first=0, objects_from=0))
    assert tree(tmp_path / "log") == whole


def test_entries_that_do_not_give_the_published_root_are_refused(log: LogBuilder, tmp_path: Path) -> None:
    """One flipped bit in a stored entry: the accident of the log Yeti 2022, before a signature instead of after it."""
    files = LogFiles(tmp_path / "log")
    publish(files, log, 0, 300)
    good = batch(log, 300, 310)
    for index in (0, 43):
        changed = list(good.entries)
        changed[index] = bytes((changed[index][0], changed[index][1] ^ 1)) + changed[index][2:]
        with refused(LOG_CORRUPT, "entries 256 to 300"):
            files.store(Batch(good.first, good.known_size, good.known_root, changed, good.objects_from, good.objects))


def test_a_ledger_without_entries_that_were_published_is_refused(log: LogBuilder, tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "log")
    publish(files, log, 0, 300)
    short = batch(log, 300, 300)
    with refused(LOG_CORRUPT, "entries 256 to 300"):
        files.store(Batch(short.first, short.known_size, short.known_root, short.entries[:-1], short.objects_from, short.objects))


@pytest.mark.parametrize("name", ["tile/0/000", "tile/1/000.p/2"])
def test_a_tile_that_is_needed_and_false_is_refused(log: LogBuilder, tmp_path: Path, name: str) -> None:
    files = LogFiles(tmp_path / "log")
    publish(files, log, 0, 520)
    data = (tmp_path / "log" / name).read_bytes()
    (tmp_path / "log" / name).write_bytes(bytes((data[0] ^ 1,)) + data[1:])
    if name == "tile/0/000":  # not read again: the tiles above it stand for it
        files.store(batch(log, 520, 530))
    else:
        with pytest.raises(Refused) as caught:
            files.store(batch(log, 520, 530))
        assert caught.value.kind is LOG_CORRUPT
        (tmp_path / "log" / name).write_bytes(data[:-1])
        with refused(LOG_CORRUPT, name):
            files.store(batch(log, 520, 530))
        (tmp_path / "log" / name).unlink()
        with refused(LOG_CORRUPT, name):
            files.store(batch(log, 520, 530))


def test_an_object_that_is_not_there_or_false_is_refused(log: LogBuilder, tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "log")
    good = batch(log, 0, 30)
    missing = [data for data in good.objects if not data.startswith(b'{"actions"')]
    assert len(missing) == len(good.objects) - 1
    for objects in (missing, [*missing, b"else"]):
        with pytest.raises(Refused) as caught:
            files.store(Batch(0, 0, EMPTY_ROOT, good.entries, 0, objects))
        assert caught.value.kind is LOG_CORRUPT
        assert caught.value.field.startswith("object ")


def test_what_reads_differently_than_it_was_written_is_refused(log: LogBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, real = LogFiles(tmp_path / "log"), LogFiles._write

    def lying(self: LogFiles, name: str, data: bytes, *, synced: bool) -> None:
        real(self, name, data[:-1] + bytes((data[-1] ^ 1,)) if name.startswith("tile/entries") else data, synced=synced)

    monkeypatch.setattr(LogFiles, "_write", lying)
    with refused(LOG_CORRUPT, "tile/entries/000.p/30"):
        files.store(batch(log, 0, 30))


def test_a_folder_of_another_key_is_refused(log: LogBuilder, tmp_path: Path) -> None:
    LogFiles(tmp_path / "log").introduce(log.keys.log_key.vkey)
    with refused(LOG_CORRUPT, "log.vkey"):
        LogFiles(tmp_path / "log").introduce("yrdx-hub+00000000+else")
