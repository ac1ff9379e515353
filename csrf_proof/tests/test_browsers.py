"""Which browser a profile gets, and that each installed one starts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from playwright.sync_api import sync_playwright

from csrf_proof import browsers
from csrf_proof.browsers import BrowserMissing, launch, plan
from csrf_proof.profile_names import PROFILES

SHORT_LAX = "--enable-features=ShortLaxAllowUnsafeThreshold"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put fake programs on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(browsers, "DEBIAN_CHROMIUM", tmp_path)

    def put(*names: str, text: str = "#!/bin/sh\n") -> Path:
        for name in names:
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        return folder

    return put


@pytest.fixture
def playwright(tmp_path: Path) -> Any:
    """Playwright with nothing downloaded."""
    downloads = tmp_path / "ms-playwright"
    return SimpleNamespace(
        chromium=SimpleNamespace(
            executable_path=str(downloads / "chromium-1248/chrome-linux64/chrome")
        ),
        firefox=SimpleNamespace(executable_path=str(downloads / "firefox-1555/firefox/firefox")),
        webkit=SimpleNamespace(executable_path=str(downloads / "webkit-2272/pw_run.sh")),
    )


def download(playwright: Any) -> Path:
    """Let Playwright's own browsers appear where Playwright puts them."""
    chromium = Path(playwright.chromium.executable_path)
    shell = chromium.parents[2].joinpath(
        "chromium_headless_shell-1248/chrome-headless-shell-linux64/chrome-headless-shell"
    )
    for path in (chromium, shell, Path(playwright.firefox.executable_path)):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    return shell


def test_without_any_browser_the_profile_and_the_remedy_are_named(
    install: Callable[..., Path], playwright: Any
) -> None:
    for profile in PROFILES:
        with pytest.raises(BrowserMissing, match=rf"{profile}\. .*csrf_proof.browsers"):
            plan(playwright, profile)
    assert browsers.missing(playwright) == list(PROFILES)


def test_an_installed_browser_goes_before_playwrights_own(
    install: Callable[..., Path], playwright: Any
) -> None:
    download(playwright)
    folder = install("chromium", "chromium-headless-shell", "firefox", "firefox-esr")
    chosen = [plan(playwright, profile) for profile in PROFILES]
    assert [p.path for p in chosen] == [
        str(folder / name) for name in ("chromium-headless-shell", "chromium", "firefox-esr")
    ]
    assert [p.options.get("channel") for p in chosen] == [None, None, "moz-firefox"]
    assert [p.preferences for p in chosen] == ["", "", ""]


def test_playwrights_own_browsers_fill_the_gaps(
    install: Callable[..., Path], playwright: Any
) -> None:
    shell = download(playwright)
    chosen = {profile: plan(playwright, profile) for profile in PROFILES}
    assert chosen["chromium"].path == str(shell)
    assert chosen["chromium-no-3pc"].path == playwright.chromium.executable_path
    assert chosen["chromium-no-3pc"].preferences == browsers.BLOCK_THIRD_PARTY_COOKIES
    assert chosen["firefox"].path == playwright.firefox.executable_path
    assert "channel" not in chosen["firefox"].options


def test_a_full_chromium_never_stands_in_for_the_headless_shell(
    install: Callable[..., Path], playwright: Any
) -> None:
    """It blocks third-party cookies, so it would be another profile."""
    install("chromium")
    assert browsers.missing(playwright) == ["chromium", "firefox"]


def test_a_chromium_of_another_distribution_is_told_to_block_third_party_cookies(
    install: Callable[..., Path],
    playwright: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    install("chromium")
    monkeypatch.setattr(browsers, "DEBIAN_CHROMIUM", tmp_path / "absent")
    assert plan(playwright, "chromium-no-3pc").preferences


def test_a_snap_is_passed_over(install: Callable[..., Path], playwright: Any) -> None:
    install("firefox", text='#!/bin/sh\nexec /snap/bin/firefox "$@"\n')
    with pytest.raises(BrowserMissing):
        plan(playwright, "firefox")


def test_short_lax_and_other_features_share_one_switch(
    install: Callable[..., Path], playwright: Any
) -> None:
    install("chromium", "chromium-headless-shell", "firefox-esr")

    def arguments(profile: str, *extra: str) -> object:
        return plan(playwright, profile, extra_args=extra, short_lax=True).options["args"]

    assert arguments("chromium") == [SHORT_LAX]
    assert arguments("chromium-no-3pc", "--enable-features=A", "--b") == [
        "--b",
        "--enable-features=A,ShortLaxAllowUnsafeThreshold",
    ]
    assert arguments("firefox") == []


def test_webkit_is_offered_where_playwrights_own_is_there_and_missed_by_nobody(
    install: Callable[..., Path], playwright: Any
) -> None:
    assert "webkit" not in browsers.missing(playwright)
    with pytest.raises(BrowserMissing, match="playwright install webkit"):
        plan(playwright, "webkit")
    path = Path(playwright.webkit.executable_path)
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    chosen = plan(playwright, "webkit", extra_args=["--a"])
    assert (chosen.engine, chosen.path) == ("webkit", str(path))
    assert chosen.options["args"] == ["--a"]


def test_an_unknown_profile_is_refused(playwright: Any) -> None:
    with pytest.raises(ValueError, match="isn't a profile"):
        plan(playwright, "netscape")


@pytest.mark.parametrize(
    ("absent", "downloads", "root", "expected"),
    [
        (
            ["chromium", "firefox"],
            True,
            ("env",),
            ["playwright install chromium firefox", "playwright install-deps chromium firefox"],
        ),
        (["chromium", "chromium-no-3pc"], True, None, ["playwright install chromium"]),
        (
            ["firefox"],
            False,
            ("sudo", "-n"),
            ["playwright install firefox", "sudo -n apt-get update", "sudo -n apt-get install"],
        ),
        (["firefox"], False, None, ["playwright install firefox"]),
    ],
    ids=["download as root", "download as a user", "no download host, apt", "no way"],
)
def test_what_is_tried_to_get_a_browser(
    monkeypatch: pytest.MonkeyPatch,
    absent: list[str],
    downloads: bool,
    root: tuple[str, ...] | None,
    expected: list[str],
) -> None:
    ran: list[str] = []

    def run(*command: str) -> bool:
        ran.append(" ".join(command))
        return downloads

    monkeypatch.setattr(browsers, "_run", run)
    monkeypatch.setattr(browsers, "_as_root", lambda: root)
    browsers.get(absent)
    assert len(ran) == len(expected)
    assert all(part in command for part, command in zip(expected, ran, strict=True)), ran


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "GET_SECONDS", 0.1)
    assert not browsers._run("sh", "-c", "sleep 60 & wait")
    assert not browsers._run("no-such-program-anywhere")
    assert not browsers._run("false")
    monkeypatch.setattr(browsers, "GET_SECONDS", 10)
    assert browsers._run("true")


# Real browsers.


@pytest.mark.parametrize("profile", PROFILES)
def test_an_installed_browser_starts_and_loads_a_page(profile: str) -> None:
    with sync_playwright() as playwright:
        if profile in browsers.missing(playwright):
            pytest.skip(f"no browser for {profile} here; python -m csrf_proof.browsers gets one")
        browser = launch(playwright, profile, short_lax=True)
        page = browser.new_context().new_page()
        page.goto("data:text/html,<title>A page</title>")
        assert page.title() == "A page"
        print(profile, browser.version)
        assert browser.version[0].isdigit()
        browser.close()


def test_a_persistent_chromium_leaves_no_folder_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(browsers, "DEBIAN_CHROMIUM", tmp_path / "absent")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sync_playwright() as playwright:
        if "chromium-no-3pc" in browsers.missing(playwright):
            pytest.skip("no full Chromium here; python -m csrf_proof.browsers gets one")
        browser = launch(playwright, "chromium-no-3pc")
        assert list(tmp_path.glob("csrf-playground-*/Default/Preferences"))
        page = browser.new_context().new_page()
        page.goto("data:text/html,<title>A page</title>")
        assert page.title() == "A page"
        browser.close()
        assert not list(tmp_path.glob("csrf-playground-*"))


def test_a_playwright_that_drives_no_stock_firefox_is_given_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browsers, "version", lambda name: "1.65.2")
    monkeypatch.setattr(browsers, "_starts_a_snap", lambda path: False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")

    assert browsers._system_path("firefox") is None
    assert browsers._system_path("chromium") == "/usr/bin/chromium-headless-shell"


def test_a_firefox_in_which_many_windows_are_opened_shares_one_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = with_noted_starts(monkeypatch)
    with browsers.Browsers() as running:
        running.get("firefox")
    assert started["firefox"]["firefox_prefs"]["dom.ipc.processCount"] == 1
    assert started["firefox"]["firefox_prefs"]["fission.autostart"] is False


def test_browsers_are_started_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    started = with_noted_starts(monkeypatch)
    settings = browsers.Settings(("--proxy-server=x",), {"network.proxy.type": 1}, {"HOME": "/x"})
    with browsers.Browsers(settings=settings) as running:
        running.get("chromium")
        running.get("firefox")
    assert started["chromium"]["extra_args"] == ("--proxy-server=x",)
    assert started["firefox"]["extra_args"] == ()
    assert started["firefox"]["firefox_prefs"]["network.proxy.type"] == 1
    assert {each["env"]["HOME"] for each in started.values()} == {"/x"}


def with_noted_starts(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Return with what browsers are started from now on; none of them really is."""
    started: dict[str, dict[str, Any]] = {}

    def start(_: Any, profile: str, **how: Any) -> Any:
        started[profile] = how
        return SimpleNamespace(is_connected=lambda: True, close=lambda: None)

    monkeypatch.setattr(browsers, "launch", start)
    return started


def test_a_driver_that_no_longer_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    # As it is where a browser died in its first moments.
    monkeypatch.setattr(browsers, "_REPORTED", 0.1)
    monkeypatch.setattr(browsers, "_system_path", lambda profile: sys.executable)
    before = set(psutil.Process().children())
    with browsers.Browsers(seconds=0.5) as running:
        (driver,) = set(psutil.Process().children()) - before
        driver.suspend()
        for said in ("The browser didn't finish in 0.5 s", "An earlier browser"):
            with pytest.raises(browsers.BrowserFailed, match=said), running.limit():
                running.get("chromium")
    assert set(psutil.Process().children()) == before


def test_closing_ends_a_driver_that_no_longer_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "_REPORTED", 0.1)
    monkeypatch.setattr(browsers, "_CLOSED", 0.1)
    before = set(psutil.Process().children())
    with browsers.Browsers():
        (driver,) = set(psutil.Process().children()) - before
        driver.suspend()
    assert set(psutil.Process().children()) == before
