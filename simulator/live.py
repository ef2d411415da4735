"""The live screen of a run, drawn four times a second; where there is no terminal, one line every five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runtime.clock import Clock, Sleep
    from simulator.picture import Picture

_FRAME_S: Final = 0.25
_LINE_S: Final = 5.0
_TALL: Final = 36
_BORDER: Final = 2


async def show(picture: Picture, console: Console, clock: Clock, sleep: Sleep) -> None:
    """Shows the run until cancelled."""
    begun = clock.now()
    if not console.is_terminal:
        while True:
            console.print(line(picture, clock.now(), begun), soft_wrap=True, highlight=False, markup=False)
            await sleep(_LINE_S)
    with Live(console=console, auto_refresh=False, transient=False) as live:
        try:
            while True:
                live.update(screen(picture, clock.now(), begun, console.height - 1), refresh=True)
                await sleep(_FRAME_S)
        finally:
            live.update(screen(picture, clock.now(), begun, console.height - 1), refresh=True)


def line(picture: Picture, now: datetime, begun: datetime) -> str:
    """The run in one line."""
    parts = [_head(picture, now, begun), *list(picture.happenings)[-1:], *picture.troubles()[-1:]]
    return " · ".join(parts)


def screen(picture: Picture, now: datetime, begun: datetime, height: int) -> Group:
    """The whole screen, in so many lines if it can be: first what happened earlier is left out, then earlier steps and deaths."""
    is_low = height < _TALL
    matrix, troubles = picture.matrix(), picture.troubles()[-2 if is_low else 0 :]
    story = picture.story()[-4 if is_low else 0 :]
    room = height - 1 - sum(len(lines) + _BORDER for lines in (matrix, story, troubles) if lines) - _BORDER
    happenings = list(picture.happenings)[-max(room, 1) :]
    parts = [_panel("谁在问谁 open cases: destination ─▶ home province", matrix), _panel("正在发生 what happens", happenings)]
    if story:
        parts.append(_panel(picture.title(), story))
    if troubles:
        parts.append(_panel("故障 faults", troubles, "bold red"))
    return Group(Text(_head(picture, now, begun), style="bold", no_wrap=True, overflow="ellipsis"), *parts)


def _panel(title: str, lines: Sequence[str], style: str = "") -> Panel:
    return Panel(Text("\n".join(lines), style=style, no_wrap=True, overflow="ellipsis"), title=Text(title), title_align="left")


def _head(picture: Picture, now: datetime, begun: datetime) -> str:
    seconds = (now - begun).total_seconds()
    cases = f"cases {picture.closed}/{picture.total}"
    return f"{seconds:5.1f} s · business time {picture.day} · {cases} · log {picture.log_size} · due events {picture.due_events}"
