"""The live screen of a run, drawn four times a second; where there is no terminal, one line every five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from runtime.clock import Clock, Sleep
    from simulator.picture import Picture

_FRAME_S: Final = 0.25
_LINE_S: Final = 5.0


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
                live.update(screen(picture, clock.now(), begun), refresh=True)
                await sleep(_FRAME_S)
        finally:
            live.update(screen(picture, clock.now(), begun), refresh=True)


def line(picture: Picture, now: datetime, begun: datetime) -> str:
    """The run in one line."""
    parts = [_head(picture, now, begun), *list(picture.happenings)[-1:], *picture.troubles()[-1:]]
    return " · ".join(parts)


def screen(picture: Picture, now: datetime, begun: datetime) -> Group:
    """The whole screen."""
    parts = [
        Panel(Text("\n".join(picture.matrix())), title="谁在问谁 open cases: destination ─▶ home province", title_align="left"),
        Panel(Text("\n".join(picture.happenings)), title="正在发生 what happens", title_align="left"),
    ]
    if story := picture.story():
        parts.append(Panel(Text("\n".join(story[1:])), title=Text(story[0]), title_align="left"))
    if troubles := picture.troubles():
        parts.append(Panel(Text("\n".join(troubles), style="bold red"), title="故障 faults", title_align="left"))
    return Group(Text(_head(picture, now, begun), style="bold"), *parts)


def _head(picture: Picture, now: datetime, begun: datetime) -> str:
    seconds = (now - begun).total_seconds()
    cases = f"cases {picture.closed}/{picture.total}"
    return f"{seconds:5.1f} s · business time {picture.day} · {cases} · log {picture.log_size} · due events {picture.due_events}"
