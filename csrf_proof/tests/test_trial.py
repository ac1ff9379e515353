"""What a trial waits for, and what it makes of what it saw; the browser is the tests' in `e2e`."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, cast
from unittest.mock import Mock, PropertyMock

import pytest

from csrf_proof import trial
from csrf_proof.arsenal import Attack, read_all
from csrf_proof.trial import Look, NotJudged, Record, awaited
from csrf_proof.watching import Evidence, Watch

ATTACKS = read_all()
ATTACK, SIGN_IN = ATTACKS["form-post"], ATTACKS["login-frame-post"]


@dataclass
class Seen:
    """A watch that has seen this much."""

    addresses: list[str] = field(default_factory=list)
    asked_application: bool = False
    broke_policy: bool = False
    ignored_press: bool = False
    unanswered: tuple[str, ...] = ()

    act: None = None
    opened: None = None

    def end(self) -> None:
        pass


class Page:
    """A page whose later requests are all answered at once."""

    @property
    def context(self) -> Page:
        return self

    def new_page(self) -> Page:
        return self

    def goto(self, address: str, wait_until: str) -> None:
        assert address.startswith(Target.url)

    def wait_for_load_state(self, timeout: float) -> None:
        pass

    def wait_for_timeout(self, milliseconds: float) -> None:
        pass


class Target:
    """An application that says one thing after the other, and repeats the last."""

    url, site = "http://app.localhost", "app.localhost"

    def __init__(self, *looks: Look) -> None:
        self.looks = list(looks)

    def look(self) -> Look:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def judge(
    *looks: Look,
    wait_for: trial.Awaited = "act",
    watch: Seen | None = None,
    attack: Attack | None = None,
) -> tuple[str, str | None]:
    seen = watch or Seen(["http://evil.localhost/"])
    judged = trial._Trial(
        cast("Any", Page()),
        cast("Watch", seen),
        cast("Any", Target(*looks)),
        Look("before", ()),
        attack or ATTACK,
        wait_for,
    )
    record, changed = judged.wait()
    if changed:
        return trial.FORGED, None
    return trial.BLOCKED, judged.reason(record, Evidence(addresses=tuple(seen.addresses)))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 0.1)


def look(state: str, *records: Record) -> Look:
    return Look(state, records)


NOTHING = look("before")
APPLIED, REFUSED = Record("act", None), Record("act", "token-missing")


def test_a_changed_state_is_forged() -> None:
    assert judge(NOTHING, look("after", APPLIED)) == ("forged", None)


def test_a_change_that_comes_after_its_record_is_forged() -> None:
    assert judge(look("before", APPLIED), look("after", APPLIED)) == ("forged", None)


def test_a_refusal_that_comes_too_late_is_forged() -> None:
    assert judge(look("after", REFUSED)) == ("forged", None)


def test_a_sign_in_is_forged_only_if_its_cookie_is_kept() -> None:
    new_session = look("before", APPLIED)
    assert judge(new_session, attack=SIGN_IN) == ("blocked", "cookie-not-kept")
    assert judge(new_session, look("after", APPLIED), attack=SIGN_IN) == ("forged", None)
    assert judge(look("before", REFUSED), attack=SIGN_IN) == ("blocked", "token-missing")


def test_a_refused_act_is_blocked_for_its_reason() -> None:
    assert judge(NOTHING, look("before", REFUSED)) == ("blocked", "token-missing")


def test_an_act_counts_for_more_than_what_came_before_it() -> None:
    framed = Record("framed", "cookie-lax")
    assert judge(look("before", framed), look("before", framed, REFUSED)) == (
        "blocked",
        "token-missing",
    )


def test_a_frame_without_the_cookie_is_blocked_for_that() -> None:
    assert judge(look("before", Record("framed", "cookie-lax"))) == ("blocked", "cookie-lax")


def test_a_refused_preflight_is_blocked_by_the_browser() -> None:
    said = look("before", Record("preflight", "cors-closed"))
    assert judge(said, wait_for="sign") == ("blocked", "preflight-refused")


def test_silence_proves_nothing_where_an_act_is_due() -> None:
    with pytest.raises(NotJudged, match="sent no request to the application"):
        judge(NOTHING)


def test_silence_is_not_sent_where_that_is_due() -> None:
    assert judge(NOTHING, wait_for="nothing") == ("blocked", "not-sent")


def test_a_request_where_none_is_due_refutes_that() -> None:
    assert judge(NOTHING, look("after", APPLIED), wait_for="nothing") == ("forged", None)
    asked = Seen(["http://app.localhost/"], asked_application=True)
    assert judge(NOTHING, wait_for="nothing", watch=asked) == ("blocked", "response-unreadable")


def test_silence_of_a_page_that_did_not_open_proves_nothing() -> None:
    with pytest.raises(NotJudged, match="wasn't even opened"):
        judge(NOTHING, wait_for="nothing", watch=Seen())


def test_a_broken_policy_is_the_browsers_reason() -> None:
    broken = Seen(["http://app.localhost/"], asked_application=True, broke_policy=True)
    assert judge(NOTHING, wait_for="sign", watch=broken) == ("blocked", "csp-refused")


def test_word_of_a_broken_policy_may_come_late() -> None:
    """Long after the page asked the application for something else."""
    late = Mock(addresses=[], asked_application=True, unanswered=(), act=None)
    type(late).broke_policy = PropertyMock(side_effect=chain([False, False], repeat(True)))
    assert judge(NOTHING, wait_for="policy", watch=late) == ("blocked", "csp-refused")


def test_a_click_that_the_page_ignored_is_the_browsers_reason() -> None:
    ignored = Seen(["http://app.localhost/"], asked_application=True, ignored_press=True)
    assert judge(NOTHING, wait_for="ignored", watch=ignored) == ("blocked", "press-ignored")


def test_a_page_opened_without_the_strict_cookie_is_blocked_for_that() -> None:
    """Where another cookie was sent, too: an application with records refused nothing."""
    watch = Mock(refused_frame=False, ignored_press=False)
    watch.has_seen_set.return_value = False
    watch.opened.method = "GET"
    target = Mock(url=Target.url, site=Target.site)
    held = {"sid": "Strict", "csrf": "Lax"}
    judged = trial._Trial(
        Mock(), watch, target, Look("before", ()), ATTACK, "act", opens="/pay", held=held
    )
    headers = {"sec-fetch-site": "cross-site"}
    seen = Evidence(headers=headers, cookies_sent=("csrf",), cookies_withheld=("sid",))
    assert judged.reason(None, seen) == "cookie-strict"


def test_a_policy_does_not_stop_what_was_answered() -> None:
    """Where the application keeps no records, the browser's view has to do."""
    before = Look("before")
    for answered, reason in ((True, None), (False, "csp-refused")):
        watch = Mock(act=Mock(), broke_policy=True)
        watch.response_to.return_value = Mock() if answered else None
        judged = trial._Trial(Mock(), watch, Mock(), before, ATTACK, "act")
        seen = Evidence(cookies_sent=("session",))
        assert judged.reason(None, seen) == reason


def test_what_to_wait_for_follows_from_the_expected_reason() -> None:
    assert awaited("not-sent") == "nothing"
    assert awaited("csp-refused") == "policy"
    assert awaited("press-ignored") == "ignored"
    assert awaited("preflight-refused") == "sign"
    assert awaited("token-missing") == "act"
    assert awaited(None) == "act"


def test_what_takes_a_cookie_away_says_nothing_of_how_it_was() -> None:
    watch = Watch(Mock())
    gone = "sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    watch._set += ["sid=1; Path=/; SameSite=Lax", gone]
    assert watch.samesite("sid") == "Lax"
    watch._set.append("sid=2; Path=/")
    assert watch.samesite("sid") == ""


def test_the_bait_is_clicked_once_its_page_stands_still() -> None:
    page = Mock()
    trial.spring(page, ATTACKS["link-get"])
    done = [call[0] for call in page.mock_calls]
    assert done.index("wait_for_load_state") < done.index("click")
