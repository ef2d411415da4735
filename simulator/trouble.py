"""What ends a command of the simulator with a sentence, and the exit status that it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.refusals import BAD_SETTINGS, ENGINE_MISSING, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FINE, FINDING, USAGE, MISSING = 0, 1, 2, 3
_REFUSALS: Final = {BAD_SETTINGS: USAGE, ENGINE_MISSING: MISSING}


class Trouble(Exception):  # noqa: N818 - its kinds read as the sentences they are
    """The text is for whoever typed the command.

    Attributes:
        status: exit status.
    """

    status = FINDING


class NotUsable(Trouble):
    """What was asked for makes no sense here."""

    status = USAGE


class NotInstalled(Trouble):
    """A server must be installed, or given, first; or it cannot be fetched."""

    status = MISSING


_EXPECTED: Final = (Trouble, Refused, OSError)


def attempt(work: Callable[[], None], tell: Callable[[str], None], log: Path) -> int:
    """Runs `work` and tells what it failed with; the exit status.

    What nobody expected is a fault of this software: it goes on upwards, and whoever reads is sent to the process log.
    """
    failed: list[BaseExceptionGroup[Exception]] = []
    returned = False
    try:
        work()
        returned = True
    except* _EXPECTED as failures:
        failed.append(failures)
    finally:
        if not returned and not failed:
            tell(f"failed unexpectedly, see {log}")
    for sentence in sentences(failed[0]) if failed else ():
        tell(f"failed: {sentence}")
    return status(failed[0]) if failed else FINE


def sentences(failure: BaseException) -> list[str]:
    """What to tell the person, a sentence for each failure."""
    return list(dict.fromkeys(_sentence(leaf) for leaf in _leaves(failure)))


def status(failure: BaseException) -> int:
    """The exit status: the highest of all failures, so that what must be installed is said first."""
    return max(_status(leaf) for leaf in _leaves(failure))


def _sentence(failure: BaseException) -> str:
    if isinstance(failure, Refused):
        return f"{failure.kind.en} ({failure.field or failure.kind.name})"
    return str(failure)


def _status(failure: BaseException) -> int:
    if isinstance(failure, Trouble):
        return failure.status
    return _REFUSALS.get(failure.kind, FINDING) if isinstance(failure, Refused) else FINDING


def _leaves(failure: BaseException) -> list[BaseException]:
    if not isinstance(failure, BaseExceptionGroup):
        return [failure]
    return [leaf for inner in failure.exceptions for leaf in _leaves(inner)]
