"""The pages about your own application: the form, a run as it goes, and its report."""

from __future__ import annotations

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue.labels import NO_DEFENSE
from csrf_proof.command.status import Status
from victim_site.teaching.links import get_label_or_404
from victim_site.teaching.your_app import runs
from victim_site.teaching.your_app.form import ApplicationForm, why_not
from victim_site.teaching.your_app.offered import on_this_machine

# What an exit status means: a class of the stylesheet, a word, and a sentence.
MEANINGS: dict[int, tuple[str, str, str]] = {
    Status.BLOCKED: (
        "blocked",
        gettext_noop("Blocked"),
        gettext_noop("Every attack that could be judged was blocked."),
    ),
    Status.FORGED: ("forged", gettext_noop("Forged"), gettext_noop("Another page succeeded.")),
    Status.WRONG_USE: (
        "",
        gettext_noop("Not tried"),
        gettext_noop("Something has to be changed first; the last lines say what."),
    ),
    Status.NOT_JUDGED: (
        "",
        gettext_noop("Not judged"),
        gettext_noop("Something can’t be judged; the lines below say why."),
    ),
    Status.INTERRUPTED: (
        "",
        gettext_noop("Stopped"),
        gettext_noop("It was stopped before it was done."),
    ),
}
_BROKE = (
    "",
    gettext_noop("Broken"),
    gettext_noop("csrf-proof itself broke. That’s a mistake in it; the last lines show where."),
)
# The report has its styles inside, and pages to keep. It shows texts of the application: as text.
REPORT_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}


@require_http_methods(["GET", "HEAD", "POST"])
@on_this_machine
def offer(request: HttpRequest) -> HttpResponse:
    """The form; sent, it starts a run."""
    form, status, said = ApplicationForm(request.POST or None), 200, ""
    lacks_browsers = runs.lacks_browsers()
    if request.method == "POST":
        status = 400
        if not lacks_browsers and form.is_valid():
            try:
                run = runs.start(form.arguments, form.cleaned_data["password"])
                return redirect("your-app-run", name=run.name)
            except runs.Busy:
                status = 409
                said = gettext(
                    "Another run isn’t over. Wait for it, or stop it: it’s the first one below."
                )
            except OSError as error:
                status = 503
                said = gettext("The run can’t be written down: %(why)s.") % {"why": error.strerror}
    context = {
        "form": form,
        "said": said,
        "lacks_browsers": lacks_browsers,
        "lab": _lab(),
        "runs": [(run, _meaning(run)) for run in runs.newest()],
    }
    return render(request, "your_app/offer.html", context, status=status)


@require_safe
@on_this_machine
def show(request: HttpRequest, name: str) -> HttpResponse:
    """A run: what csrf-proof says, as it says it, and in the end its result."""
    return render(request, "your_app/run.html", _about(_get_or_404(name)))


@require_safe
@on_this_machine
def progress(request: HttpRequest, name: str) -> HttpResponse:
    """The part of a run's page that changes."""
    return render(request, "your_app/_progress.html", _about(_get_or_404(name)))


@csp(REPORT_POLICY)
@require_safe
@on_this_machine
def report(request: HttpRequest, name: str) -> HttpResponse:
    """The report, as csrf-proof wrote it."""
    text = _get_or_404(name).report
    if not text:
        raise Http404(gettext("This run has no report: it isn’t over, or nothing was judged."))
    return HttpResponse(text)


@require_POST
@on_this_machine
def stop(request: HttpRequest, name: str) -> HttpResponse:
    """Stop a run; its page shows when it's over."""
    _get_or_404(name).stop()
    return redirect("your-app-run", name=name)


def _lab() -> str | None:
    """Return the address of a form of the bank's, unless the bank has a name of other machines."""
    url = f"{get_label_or_404(NO_DEFENSE).url}/email"
    return None if why_not(url) else url


def _about(run: runs.Run) -> dict[str, object]:
    return {"run": run, "meaning": _meaning(run)}


def _meaning(run: runs.Run) -> tuple[str, str, str] | None:
    """Return the result of a run, or None while it runs."""
    status = run.status
    if status is None:
        return None
    css, word, sentence = MEANINGS.get(status, _BROKE)
    return css, gettext(word), gettext(sentence)


def _get_or_404(name: str) -> runs.Run:
    if run := runs.find(name):
        return run
    raise Http404(
        gettext("There is no such run. Only the newest %(kept)d are kept.") % {"kept": runs.KEPT}
    )
