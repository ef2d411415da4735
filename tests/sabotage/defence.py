"""One row of the table of defences."""

from __future__ import annotations

from typing import NamedTuple


class Defence(NamedTuple):
    """A defence and its watchmen.

    Attributes:
        name: what it promises.
        file: where it stands.
        remove: text that stands in the file exactly once.
        instead: what stands there when it is taken out; the file must still run.
        noticed_by: the test that must fail by its assertion.
        green: a test of the same part that must not.
    """

    name: str
    file: str
    remove: str
    instead: str
    noticed_by: str
    green: str
