"""Just enough settings for the application in urls.py."""

SECRET_KEY = "only for this example"
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
# Not the default, Lax: with it, only the browser would stop another site, and nobody a subdomain.
SESSION_COOKIE_SAMESITE = None
LOGIN_URL = "/sign-in"
STATIC_URL = "static/"  # pytest-django's live server asks for one.
# Users of a test have no secrets, and a slow hash would be most of the test's time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
