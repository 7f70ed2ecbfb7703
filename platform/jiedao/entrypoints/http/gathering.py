"""Gathers questions that are asked at the same time into one blocking call, off the event loop.

What is asked while a call runs waits for the next one: the answer is never older than the question, and the number of
calls does not grow with the number of askers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

from jiedao.domain.errors import UnavailableError

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Gathering(Generic[Question, Answer]):
    """One call at a time for many askers.

    ``answer`` takes the questions of one call and returns as many answers, in order; what it raises, all of them get.
    At most ``waiting`` questions wait; a call takes at most ``together``.
    """

    def __init__(
        self, answer: Callable[[Sequence[Question]], Sequence[Answer]], *, together: int = 500, waiting: int = 5_000
    ) -> None:
        self._answer = answer
        self._together = together
        self._most = waiting
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._flight: asyncio.Task[None] | None = None
        self._thread = CapacityLimiter(1)

    async def ask(self, question: Question, timeout: float = 10.0) -> Answer:  # noqa: ASYNC109  # the caller's bound, in seconds
        """Ask, and wait at most ``timeout`` seconds; raises UnavailableError when too many wait, or too long."""
        if len(self._waiting) >= self._most:
            raise UnavailableError("too many requests wait here; try again in a moment")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError as error:
            raise UnavailableError(f"there was no answer within {timeout:g} s; try again in a moment") from error

    async def _fly(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._together], self._waiting[self._together :]
            asked = [(question, future) for question, future in batch if not future.done()]
            try:
                answers = await to_thread.run_sync(
                    self._answer, [question for question, _future in asked], limiter=self._thread
                )
            except Exception as error:  # noqa: BLE001  # it is handed to everyone who asked
                for _question, future in asked:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_question, future), answer in zip(asked, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
