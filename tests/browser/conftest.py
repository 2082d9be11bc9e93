"""One headless Chromium for all browser tests: Debian's, with its own driver, so that nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root, where Chromium's sandbox does not start
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser that reaches nothing but this machine; closed with all its processes at the end."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, "chromium is missing: `make browser` installs it"
    assert driver, "chromedriver is missing: `make browser` installs it"
    options = Options()
    options.binary_location = chromium
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


class Screen:
    """A page on a screen of a given width, colour scheme and mobile or not."""

    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def show(self, html: str, *, width: int = 380, scheme: str = "light") -> None:
        metrics = {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": True}
        scheme_feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme_feature]})
        page = self.folder / "page.html"
        page.write_text(html, encoding="utf-8")
        self.driver.get(page.as_uri())

    def number(self, script: str) -> float:
        return float(self.driver.execute_script(f"return {script}"))


@pytest.fixture
def screen(browser: webdriver.Chrome, tmp_path: Path) -> Screen:
    return Screen(browser, tmp_path)
