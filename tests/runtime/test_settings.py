from __future__ import annotations

from pathlib import Path

import pytest

from core.refusals import BAD_SETTINGS, Refused
from runtime.settings import KafkaSettings, Settings, TlsFiles, load


class Sample(Settings, frozen=True):
    tls: TlsFiles
    kafka: KafkaSettings
    size: int = 3


GOOD = '{"tls": {"certificate": "a.pem", "key": "/keys/a.key", "root": "root.pem"}, "kafka": {"bootstrap": "h:1"}}'


def _load(tmp_path: Path, text: str) -> Sample:
    path = tmp_path / "sample.json"
    path.write_text(text)
    return load(path, Sample)


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    sample = _load(tmp_path, GOOD)
    assert sample.tls == TlsFiles(certificate=tmp_path / "a.pem", key=Path("/keys/a.key"), root=tmp_path / "root.pem")
    assert (sample.kafka.bootstrap, sample.kafka.embedded, sample.size) == ("h:1", False, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('"kafka"', '"szie": 4, "kafka"'), "szie"),
        (GOOD.replace('"root"', '"rooot"'), "rooot"),
        (GOOD.replace('"a.pem"', "7"), "$.tls.certificate"),
        (GOOD[:-2], "truncated"),
        ("[]", "Expected `object`"),
    ],
)
def test_what_is_not_understood_refuses_to_start(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refused, match=BAD_SETTINGS.name) as refusal:
        _load(tmp_path, text)
    assert said in refusal.value.field
    assert refusal.value.field.startswith("sample.json: ")


def test_a_missing_file_is_bad_settings(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=BAD_SETTINGS.name):
        load(tmp_path / "none.json", Sample)


def test_settings_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        _load(tmp_path, GOOD).size = 4  # type: ignore[misc]  # that is the test
