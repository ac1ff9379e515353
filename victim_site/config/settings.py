"""Every setting of the victim site, read from the environment.

Settings hold for the whole process, while defenses differ from lab to lab. So nothing here
protects the *bank*: these are the settings of the undefended baseline, and a lab's defenses
change what leaves the process, request by request. The *teaching side* is protected for good.
"""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from catalogue import addresses
from catalogue.kept import folder, kept, key_folder

CHECKOUT = Path(__file__).resolve().parents[2]
VAR_DIR = folder(os.environ)
KEY_DIR = key_folder(os.environ)
# Where browsers find both sites. A request says itself how it came (`request.scheme`); pages that
# are about other hosts go by this.
ADDRESSES = addresses.read(os.environ)
# Of the two servers, gunicorn alone hands over the socket that the statement feed needs.
STATEMENT_FEED = os.environ.get("SERVER") != "waitress"
# One laptop for thirty: the others come in by a tunnel (`room/`).
ROOM = os.environ.get("ROOM") == "1"
# What only the trainer knows, and the file that says how people come in.
ROOM_SECRET = os.environ.get("ROOM_SECRET", "") if ROOM else ""
ROOM_WAYS = os.environ.get("ROOM_WAYS", "")
MOST_LABS = int(os.environ.get("MOST_LABS") or 5_000)


def _serves_this_machine_alone() -> bool:
    """Tell whether, according to the environment, only this machine can reach the sites."""
    bind = [part.strip(" []") for part in os.environ.get("BIND", "").split(",") if part.strip()]
    try:
        loopback = all(ip_address(part).is_loopback for part in bind)
    except ValueError:
        return False
    return loopback and not ROOM and not os.environ.get("TRUSTED_PROXIES")


# Only then may visitors have applications of this machine attacked.
SERVES_THIS_MACHINE_ALONE = _serves_this_machine_alone()


SECRET_KEY = os.environ.get("SECRET_KEY") or kept(VAR_DIR, "secret_key")
DEBUG = False
# A leading dot allows every name below; config.hosts then lets through only hosts that exist.
ALLOWED_HOSTS = [ADDRESSES.domains.playground, f".{ADDRESSES.domains.bank}"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "django_htmx",
    "victim_site.bank",
    "victim_site.teaching",
    "victim_site.teaching.labs",
    "victim_site.teaching.reference",
    "victim_site.teaching.lessons",
    "victim_site.teaching.recall",
    "victim_site.teaching.missions",
    "victim_site.teaching.browser",
    "victim_site.teaching.your_app",
    "victim_site.teaching.room",
    "victim_site.teaching.visits",
]

MIDDLEWARE = [
    "victim_site.config.hosts.HostMiddleware",
    # Before all others, since an open page asks once a second and the answer needs none of them.
    "victim_site.teaching.poll.PollMiddleware",
    "victim_site.config.compressed_files.StaticFilesMiddleware",
    # The bank's pages too: no defense depends on what a page looks like on the wire.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "victim_site.teaching.middleware.ContentPolicyMiddleware",
    "victim_site.teaching.middleware.TeachingSideMiddleware",
    # Outside Django's session middleware, so that a lab's defenses see the cookie it has set.
    "victim_site.bank.middleware.EdgeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "victim_site.bank.middleware.GuardMiddleware",
]

ROOT_URLCONF = "victim_site.config.urls_playground"
WSGI_APPLICATION = "victim_site.config.wsgi.application"

WEAKNESSES = CHECKOUT / "victim_site" / "weaknesses"
DEFENSES = CHECKOUT / "victim_site" / "defenses"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # A weakness has its templates in its own folder: "open_redirect/go.html".
        "DIRS": [WEAKNESSES],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["victim_site.config.context.addresses"]},
    }
]

# Write-ahead logging, and one writer at a time from the start of each transaction. Without them,
# SQLite is four times slower here and fails under load with "database is locked".
_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'playground.sqlite3'}",
        conn_max_age=None,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Django's own, with a queue in front of the lock, since SQLite's waiting isn't fair.
    DATABASES["default"] |= {
        "ENGINE": "victim_site.config.sqlite",
        "OPTIONS": _SQLITE,
        # Django's default. pytest-django assumes it only for Django's own backend.
        "TEST": {"NAME": ":memory:"},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cookie page's notes, for a few minutes each. In files, since all processes share them.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cookies",
        "OPTIONS": {"MAX_ENTRIES": 4096},
    },
    # Parts of pages, by `{% cache %}`, in the memory of each process.
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 1024},
    },
}

# Accounts: two in every lab, their passwords public. A hasher that costs a third of a second,
# as Django's default does, would protect nothing and slow down a room that signs in together.
AUTH_USER_MODEL = "bank.Account"
AUTHENTICATION_BACKENDS = ["victim_site.bank.auth.LabBackend"]
PASSWORD_HASHERS = ["victim_site.bank.auth.CheapHasher"]
# A username is unique only within its lab; LabBackend looks for both.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# The baseline session cookie: sent with every cross-site request, as it was before
# SameSite. Browsers accept None only together with Secure.
SESSION_ENGINE = "victim_site.bank.sessions"
SESSION_COOKIE_SAMESITE = "None"
SESSION_COOKIE_SECURE = True

# The teaching side's own content policy; the bank is exempt and declares what its lab says.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

CSRF_FAILURE_VIEW = "victim_site.teaching.views.csrf_failure"

STATIC_URL = "/static/"
STORAGES = {"staticfiles": {"BACKEND": "victim_site.config.static.Files"}}
# The static files of weaknesses and defenses: /static/weaknesses/open_redirect/go.js.
STATICFILES_DIRS = [
    (f"{kind.name}/{folder.parent.name}", folder)
    for kind in (WEAKNESSES, DEFENSES)
    for folder in sorted(kind.glob("*/static"))
]
# The files are served from the apps themselves: there is no collectstatic step to forget.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# No form here needs more. Larger bodies are refused before they are read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
# Texts are marked, but there is one language (docs/decisions).
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"one_line": {"()": "victim_site.config.logs.DatabaseTroubleInOneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["one_line"]}},
    "loggers": {
        # Refused hosts and bodies are normal for a site that is attacked all day; each gets a page.
        "django.security": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
