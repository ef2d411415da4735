"""One assertion for every test of a refusal: its kind and the field at fault."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.refusals import Kind, Refused


@contextmanager
def refused(kind: Kind, field: str) -> Iterator[None]:
    """Passes when the body is refused for exactly this kind and field."""
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.kind, caught.value.field) == (kind, field)
