"""Questions asked at the same time share one blocking call, and no answer is older than its question."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from jiedao.domain.errors import UnavailableError
from jiedao.entrypoints.http.gathering import Gathering


def test_questions_that_come_during_a_call_share_the_next_one():
    calls = []
    release, started = Event(), Event()

    def answer(questions):
        calls.append(list(questions))
        started.set()
        assert release.wait(20)
        return [question * 2 for question in questions]

    async def ask():
        gathering = Gathering(answer)
        first = asyncio.create_task(gathering.ask(1))
        assert await asyncio.to_thread(started.wait, 20)
        later = [asyncio.create_task(gathering.ask(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        release.set()
        return await asyncio.gather(first, *later)

    assert asyncio.run(ask()) == [2, 4, 6, 8]
    assert calls == [[1], [2, 3, 4]]


def test_an_error_reaches_everyone_who_asked_and_the_next_question_is_asked_anew():
    failing = [RuntimeError("once")]

    def answer(questions):
        if failing:
            raise failing.pop()
        return questions

    async def ask():
        gathering = Gathering(answer)
        first = await asyncio.gather(gathering.ask(1), gathering.ask(2), return_exceptions=True)
        return first, await gathering.ask(3)

    first, second = asyncio.run(ask())
    assert [str(error) for error in first] == ["once", "once"]
    assert second == 3


def test_too_many_questions_and_too_slow_answers_are_unavailable():
    release, started = Event(), Event()

    def answer(questions):
        started.set()
        release.wait(20)
        return questions

    async def ask():
        gathering = Gathering(answer, waiting=1)
        try:
            asking = asyncio.create_task(gathering.ask(0, timeout=0.5))
            assert await asyncio.to_thread(started.wait, 20)
            waiting = asyncio.create_task(gathering.ask(1, timeout=5))
            await asyncio.sleep(0)
            with pytest.raises(UnavailableError, match="too many"):
                await gathering.ask(2)
            with pytest.raises(UnavailableError, match="no answer"):
                await asking
        finally:
            release.set()
        return await waiting

    assert asyncio.run(ask()) == 1
