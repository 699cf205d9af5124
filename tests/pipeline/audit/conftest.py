"""What the tests of the gallery share: reports, and a browser that must not complain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.audit.browser import Page
from tests.pipeline.audit.gallery_pages import wide_browser, write_reports


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports of `write_reports`."""
    return write_reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    """One browser for all tests of a file."""
    with wide_browser() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser; whatever a test does, the page must not complain."""
    browser.problems.clear()
    browser.requests.clear()
    yield browser
    assert browser.problems == []
