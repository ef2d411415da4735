"""Generates docs/settings.md from the settings classes of the three processes, so that it cannot drift. Run by `make docs`."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import msgspec

from hub.settings import HubSettings
from nodes.common.settings import NodeSettings
from runtime.settings import KafkaSettings, SigningFiles, TlsFiles
from simulator.registers.settings import RegisterSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from msgspec.structs import FieldInfo

PAGE: Final = Path(__file__).parent.parent / "docs" / "settings.md"
PROGRAMS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "Hub: `yrdx-hub --settings FILE`": HubSettings,
    "Node: `yrdx-node --settings FILE`": NodeSettings,
    "Register of a trial: `python -m simulator.registers --settings FILE`": RegisterSettings,
}
PARTS: Final[Mapping[str, type[msgspec.Struct]]] = {"tls": TlsFiles, "signing": SigningFiles, "kafka": KafkaSettings}

_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.+(?:\n      .+)*)", re.MULTILINE)


def page() -> Iterator[str]:
    """The whole page."""
    yield "# Settings\n\nGenerated from the settings classes. A settings file is JSON. An unknown key, a missing one or a value of another"
    yield "type keeps a process from starting (exit status 2). Secrets are never values, only paths; relative paths count from the folder"
    yield "of the settings file. Ready-made files for containers: [deploy/settings](../deploy/settings).\n"
    for title, kind in PROGRAMS.items():
        yield from _section(title, kind)
    for name, kind in PARTS.items():
        yield from _section(f"Within `{name}`", kind)


def _section(title: str, kind: type[msgspec.Struct]) -> Iterator[str]:
    meanings = dict(_ATTRIBUTE.findall(inspect.getdoc(kind) or ""))
    yield f"## {title}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |"
    for field in msgspec.structs.fields(kind):
        meaning = " ".join(meanings[field.name].split()).replace("|", "\\|").replace("None ", "null ")
        yield f"| `{field.name}` | {_value(field.type)} | {_default(field)} | {meaning} |"
    yield ""


def _default(field: FieldInfo) -> str:
    if field.required:
        return "–"
    return "null" if field.default is None else f"`{msgspec.json.encode(field.default).decode()}`"


def _value(kind: object) -> str:
    """What stands in the file."""
    text = re.sub(r"<class '([\w.]+)'>", r"\1", str(kind))
    for name, part in PARTS.items():
        if part.__name__ in text:
            return f"object, see `{name}`"
    words = {
        "dict": "object",
        "bool": "true or false",
        "Path": "path",
        "datetime": "time",
        "float": "number",
        "int": "number",
        "str": "text",
    }
    if "Literal" in text:
        return " or ".join(f'`"{choice}"`' for choice in get_args(kind))
    return next(word for name, word in words.items() if name in text)


def main() -> None:
    """Writes the page."""
    PAGE.write_text("\n".join(page()).rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
