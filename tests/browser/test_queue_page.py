"""The page of the queues' counts and the documentation page, in a real browser against a real server."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.http.district import ADMINISTRATOR, EAST, HOTLINE, WESTERNER, order
from tests.e2e.http.server import running_server
from tests.machine import chromium

pytestmark = pytest.mark.browser

# Chromium is kept from looking for updates, accounts and faster ways: it asks our server and nobody else.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic",
    "--no-first-run", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_MS = 15_000


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    if path is None:
        pytest.skip("there is no Chromium on this machine: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def address(database_url, tmp_path):
    with running_server(database_url, tmp_path, log=tmp_path / "server.log") as address:
        yield address


@contextmanager
def opened(browser, **options):
    """A page that is watched: what it asked for, and what it complained about."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()


def look_at(page, name):
    """Leave a picture for a person to look at, in the folder that JIEDAO_SCREENSHOTS names."""
    folder = os.environ.get("JIEDAO_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / name, full_page=True)


def push(address, *orders):
    answer = httpx.post(
        f"{address}/v1/sources/city_brain/reports",
        json=list(orders),
        headers={"Authorization": f"Bearer {ADMINISTRATOR}"},
    )
    assert answer.status_code == 200, answer.text


def cell(page, street, column):
    return page.locator("#streets tr", has_text=street).locator(f'td[data-label="{column}"]')


def test_the_page_shows_the_queues_and_follows_them_live(browser, address):
    push(address, order(1), order(2), order(3, EAST, **{"class": "F0101"}), order(4, lon=None, lat=None))
    with opened(browser) as page:
        page.goto(f"{address}/#token={ADMINISTRATOR}")
        expect(page.locator("#district")).to_have_text("下城区 · 街道综合指挥平台")
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        expect(page.locator("#entry")).to_be_hidden()
        expect(cell(page, "朝晖街道", "综合行政执法")).to_have_text("2")
        expect(cell(page, "文晖街道", "市场监管")).to_have_text("1")
        expect(cell(page, "未归属街道", "待判定")).to_have_text("1")
        expect(page.locator("#approximate")).to_be_visible()
        push(address, order(5), order(6, EAST))
        expect(cell(page, "朝晖街道", "综合行政执法")).to_have_text("3")
        expect(page.locator("#total")).to_have_text("6")
        assert ADMINISTRATOR not in page.url
        assert {urlsplit(url).netloc for url in page.asked} == {urlsplit(address).netloc}
        assert page.complaints == []
        look_at(page, "queues.png")


def test_a_token_is_asked_for_once_and_forgotten_on_leaving(browser, address):
    with opened(browser) as page:
        page.goto(address)
        expect(page.locator("#entry")).to_be_visible()
        expect(page.locator("#board")).to_be_hidden()
        page.get_by_label("访问令牌", exact=True).fill("jd_NobodyHasThisTokenAtAll00001")
        page.get_by_role("button", name="进入").click()
        expect(page.locator("#entry-reason")).to_contain_text("令牌无效")
        page.get_by_label("访问令牌", exact=True).fill(HOTLINE)
        page.keyboard.press("Enter")
        expect(page.locator("#entry-reason")).to_contain_text("无权")
        page.get_by_label("访问令牌", exact=True).fill(WESTERNER)
        page.keyboard.press("Enter")
        expect(page.locator("#streets tr")).to_have_count(1)
        page.reload()
        expect(page.locator("#streets tr")).to_have_count(1)
        page.get_by_role("button", name="退出").click()
        expect(page.locator("#entry")).to_be_visible()
        page.reload()
        expect(page.locator("#entry")).to_be_visible()


def test_a_lost_connection_is_shown_and_ends_by_itself(browser, address):
    with opened(browser) as page:
        page.goto(f"{address}/#token={ADMINISTRATOR}")
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        page.context.set_offline(True)
        expect(page.locator("#connection")).to_have_attribute("data-state", "lost")
        expect(page.locator("#connection")).to_contain_text("连接中断")
        page.context.set_offline(False)
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")


def test_on_a_phone_nothing_is_cut_off(browser, address):
    push(address, order(1), order(2, EAST))
    with opened(browser, viewport={"width": 360, "height": 740}, color_scheme="dark") as page:
        page.goto(f"{address}/#token={ADMINISTRATOR}")
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        expect(cell(page, "朝晖街道", "综合行政执法")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        look_at(page, "phone.png")


def test_the_documentation_page_shows_every_operation_without_any_other_host(browser, address):
    with opened(browser) as page:
        page.goto(f"{address}/docs")
        expect(page.locator(".opblock").first).to_be_visible()
        described = httpx.get(f"{address}/v1/openapi.json").json()["paths"]
        expect(page.locator(".opblock")).to_have_count(sum(len(operations) for operations in described.values()))
        page.locator(".opblock-summary", has_text="推送上报").click()
        expect(page.get_by_text("Every record is recorded once")).to_be_visible()
        assert {urlsplit(url).netloc for url in page.asked if not url.startswith("data:")} == {urlsplit(address).netloc}
        assert page.complaints == []
        look_at(page, "documentation.png")
