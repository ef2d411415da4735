"""What was sealed in a case, and whether its receiver can use it.

Whoever is sent something that he cannot use says so, in whatever state the case is; its author seals the same again, which the commitment
shows. Between the two nothing is done that cannot be undone. What a node says of its register, or about content itself, needs no second
sealing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.oracle.case import Case
    from simulator.oracle.facts import Message

REFUSED, AGAIN = "content-refused", "reseal"
ABOUT_CONTENT: Final = frozenset({REFUSED, AGAIN})
"""What moves no case."""
_NOTHING: Final = ("", b"")


def objection(case: Case, message: Message) -> str:
    """What stands against a word about content; empty when nothing does, or the message is about something else."""
    header, sender, action = message.header, message.routing.sender, message.routing.action
    if action not in ABOUT_CONTENT:
        return ""
    if action == REFUSED:
        author, _ = case.sealed.get(header.concerns, _NOTHING)
        if case.unusable:
            return "finds fault with content while other content is at fault"
        return "" if author and author != sender else "finds fault with what the other side did not seal"
    wanted = case.sealed.get(header.supersedes, _NOTHING)
    if not case.unusable or header.supersedes != case.unusable:
        return "seals again what nobody found fault with"
    return "" if wanted == (sender, header.plaintext_commitment) else "seals something else again"


def with_word(case: Case, message: Message) -> Case:
    """The case after a word about content."""
    return replace(case, unusable=message.header.concerns if message.routing.action == REFUSED else b"")


def with_content(case: Case, message: Message) -> Case:
    """The case with what a message says under seal."""
    content = message.routing.sender, message.header.plaintext_commitment
    return replace(case, sealed={**case.sealed, message.id: content})
