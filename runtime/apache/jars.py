"""The jars of Apache Kafka: fetched once with Maven, looked at whenever they are used.

Decides what is run: the files that `jars.sha256` names, with these contents, and no others, wherever Maven got them from. They lie in a
folder of the checkout that git ignores. What Java itself and Maven's own plugins contain is not checked.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.refusals import ENGINE_MISSING, UNAVAILABLE, Refused
from runtime import children

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE: Final = Path(__file__).parents[2] / ".cache" / "kafka"
LEAST_JAVA: Final = 17
INSTALL: Final = "apt-get install openjdk-17-jdk-headless maven"
HERE: Final = Path(__file__).parent
_GOAL: Final = "dependency:copy-dependencies"
_FETCH_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that runs Kafka.

    Attributes:
        program: the `java` to run.
        jars: folder of Kafka's jars.
    """

    program: Path
    jars: Path


async def java(cache: Path = CACHE) -> Java:
    """Finds Java and the jars, which are fetched if they are not there.

    Raises:
        Refused: ENGINE_MISSING without a Java that is new enough, or without Maven when something must be fetched; UNAVAILABLE when
            the jars cannot be fetched, or are not those that `jars.sha256` names.
    """
    program = _program("java")
    found = await _version(program)
    if found < LEAST_JAVA:
        raise Refused(ENGINE_MISSING, f"Apache Kafka needs Java {LEAST_JAVA}, here is {found}: {INSTALL}")
    jars = cache / "jars"
    if await asyncio.to_thread(_problem, jars):
        await _fetch(cache, jars)
    return Java(program, jars)


async def _fetch(cache: Path, jars: Path) -> None:
    maven = _program("mvn")
    await asyncio.to_thread(cache.mkdir, parents=True, exist_ok=True)
    log = cache / "maven.log"
    with tempfile.TemporaryDirectory(dir=cache) as new:
        words = ("--batch-mode", "--file", HERE / "pom.xml", _GOAL, f"-DoutputDirectory={new}")
        child = await children.spawn((maven, *words), log=log, environment=os.environ)
        try:
            async with asyncio.timeout(_FETCH_S):
                status = await child.ended()
        finally:
            await child.end()
        if status or (problem := await asyncio.to_thread(_problem, Path(new))):
            raise Refused(UNAVAILABLE, f"Apache Kafka cannot be fetched: {f'see {log}' if status else problem}")
        shutil.rmtree(jars, ignore_errors=True)
        # If we crash here, the next start fetches again.
        shutil.move(new, jars)


def _program(name: str) -> Path:
    """Where a program is: in JAVA_HOME, as Maven has it, or on the path."""
    home = os.environ.get("JAVA_HOME")
    path = os.pathsep.join([*([f"{home}/bin"] if home else []), os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found is None:
        raise Refused(ENGINE_MISSING, f"Apache Kafka needs {name}: {INSTALL}")
    return Path(found)


async def _version(program: Path) -> int:
    """The feature number of a Java: 17 of "17.0.15"; 1 of the old "1.8.0"."""
    process = await asyncio.create_subprocess_exec(program, "-version", stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    found = re.search(rb'version "(\d+)', said)
    return int(found[1]) if found else 0


def _named() -> Mapping[str, str]:
    """Digests by file name."""
    lines = (HERE / "jars.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def _problem(folder: Path) -> str:
    """What is wrong with the jars of a folder; empty when nothing is."""
    named = _named()
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if found != set(named):
        return f"other files than named: {', '.join(sorted(found ^ set(named)))}"
    return next((f"another content than named: {name}" for name, digest in named.items() if _digest(folder / name) != digest), "")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
