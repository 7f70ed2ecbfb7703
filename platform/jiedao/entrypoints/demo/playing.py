"""Plays the sample beside the running server: one thread sends, another looks and shows, a third lets people work.

All end when the demo ends; what goes wrong in them ends the demo, and is raised where :class:`Play` is left.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Self

from jiedao.domain.errors import UnavailableError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Role
from jiedao.entrypoints.demo.access import DemoAccess
from jiedao.entrypoints.demo.board import Board
from jiedao.entrypoints.demo.pushing import Pusher
from jiedao.entrypoints.demo.sample import SampleMessage
from jiedao.entrypoints.demo.screen import Screen
from jiedao.entrypoints.demo.tally import Sums, Tally
from jiedao.entrypoints.demo.tokens_in_time import Run
from jiedao.entrypoints.demo.watching import Watcher

_END_SECONDS = 15.0
_LOOK_SECONDS = 0.2
_WATCHED_AS = Role.SHIFT_LEADER


class Play:
    """The sample on its way; :meth:`begin` it once the server answers.

    ``is_shown`` says whether the views show everything that was sent, ``living`` lets people work from then on.
    Leaving the block ends the threads and raises what ended one of them early.
    """

    def __init__(  # noqa: PLR0913  # the parts of a demo, by keyword
        self,
        *,
        profile: DistrictProfile,
        messages: Sequence[SampleMessage],
        run: Run,
        access: DemoAccess,
        address: str,
        screen: Screen,
        pause: float,
        is_shown: Callable[[], bool],
        afterwards: Callable[[Sums], Iterable[str]],
        exit_when_done: bool,
        living: Callable[[Event], None] | None = None,
    ) -> None:
        self._profile = profile
        self._messages = messages
        self._screen = screen
        self._pause = pause
        self._is_shown = is_shown
        self._afterwards = afterwards
        self._exit_when_done = exit_when_done
        self._living = living
        self._shown = Event()
        self._stop = Event()
        self._sent = Event()
        self._tally = Tally()
        self._pusher = Pusher(address, access.by_source, run, self._stop)
        self._watcher = Watcher(address, access.by_role[_WATCHED_AS])
        self._failure: Exception | None = None
        self._threads = [
            Thread(target=self._guarded, args=(work,), name=f"jiedao-demo-{work.__name__}", daemon=True)
            for work in (self._send, self._show, self._live)
        ]

    def begin(self) -> None:
        """Start sending and showing."""
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        if self._pusher.push(self._messages, self._pause, self._tally.add):
            self._sent.set()

    def _show(self) -> None:
        with self._watcher as watcher:
            finished = False
            while not self._stop.is_set():
                done = self._sent.is_set() and self._is_shown()
                try:
                    board = Board(self._profile, watcher.look(), self._tally.sums(), len(self._messages))
                except UnavailableError:
                    if self._stop.wait(_END_SECONDS):  # the server went because the demo ends
                        return
                    raise
                if done and not finished:
                    finished = True
                    self._screen.finish(board)
                    self._screen.say(self._afterwards(board.sums))
                    self._shown.set()
                    if self._exit_when_done:
                        _end_serving()
                else:
                    self._screen.show(board)
                self._stop.wait(self._screen.refresh_seconds)

    def _live(self) -> None:
        """Let people work once the sample was sent and shown."""
        while self._living is not None and not self._stop.wait(_LOOK_SECONDS):
            if self._shown.is_set():
                self._living(self._stop)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # it is raised again where the demo is left
            self._failure = self._failure or error
            if not self._stop.is_set():
                _end_serving()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_END_SECONDS)
        if self._failure is not None and kind is None:
            raise self._failure


def _end_serving() -> None:
    """End as Ctrl-C would: the server lets requests under way end, then everything closes in its order."""
    signal.raise_signal(signal.SIGINT)
