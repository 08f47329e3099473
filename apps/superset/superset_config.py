"""Superset's configuration; what differs by stack comes from the environment."""

import os

# Known already: Superset reads this file at the end of its configuration.
from superset.config import THEME_DEFAULT as SUPERSETS_THEME

from apps.superset.base_map import base_map
from apps.superset.brand import MARK, OVERVIEW, brand, land_on_overview

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_METADATA_URL"]
SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": 3, "max_overflow": 7, "pool_pre_ping": True}
WEBDRIVER_BASEURL = f"http://127.0.0.1:{os.environ['SUPERSET_PORT']}/"

APP_NAME = "swipestream"
APP_ICON = MARK
LOGO_RIGHT_TEXT = ""
LOGO_TARGET_PATH = OVERVIEW
FAVICONS = [{"href": MARK}]
# Superset's own colors and fonts, with our name and mark.
THEME_DEFAULT = SUPERSETS_THEME | {
    "token": SUPERSETS_THEME["token"]
    | {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": MARK,
        "brandLogoHref": OVERVIEW,
        "brandLogoHeight": "28px",
        "brandLogoMargin": "14px 0",
    }
}
# One appearance: the colors of the charts are chosen for a light page.
THEME_DARK = None
FLASK_APP_MUTATOR = land_on_overview
# The pages speak to this server and no other: no fonts, tiles or counters from elsewhere.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
WTF_CSRF_ENABLED = True
SESSION_COOKIE_SAMESITE = "Lax"
ENABLE_CORS = False
ENABLE_PROXY_FIX = False
PREVENT_UNSAFE_DB_CONNECTIONS = True
PUBLIC_ROLE_LIKE = None
AUTH_ROLE_PUBLIC = "Public"

# All viewers of a dashboard that refreshes every ten seconds share its answers.
DASHBOARD_AUTO_REFRESH_MODE = "fetch"
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 8}
CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 60}

# "The last day" is the last 24 hours, not a day of the calendar.
DEFAULT_RELATIVE_START_TIME = DEFAULT_RELATIVE_END_TIME = "now"
ROW_LIMIT = 10_000
SQL_MAX_ROW = 10_000
DEFAULT_SQLLAB_LIMIT = 1_000
SQLLAB_TIMEOUT = 30
SUPERSET_WEBSERVER_TIMEOUT = 60
# The usual one needs ecpg, a program of PostgreSQL's developers, and marks every query without it.
SQL_VALIDATORS_BY_ENGINE: dict[str, str] = {}
# Texts on a page, which only an administrator writes, may have colored words: the legend.
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"span": ["style"]}}

FEATURE_FLAGS = {
    # The tile with a change to the period before.
    "CHART_PLUGINS_EXPERIMENTAL": True,
    "ALERT_REPORTS": False,
    "DASHBOARD_RBAC": False,
    "DRILL_TO_DETAIL": True,
}
BLUEPRINTS = [base_map, brand]
DECKGL_BASE_MAP = [["tile:///basemap/{z}/{x}/{y}.png", "World"]]

# One color means fraud, on every dashboard: the first of this scheme.
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "swipestream",
        "label": "swipestream",
        "description": "Red for fraud, amber for review, blue and grey for the rest",
        "isDefault": True,
        "colors": [
            "#C8324A",
            "#4A6FA5",
            "#E3A23B",
            "#6B7C93",
            "#2F9E8F",
            "#8E6BBF",
            "#B0BAC7",
            "#7A4B3A",
        ],
    }
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "swipestream_red",
        "label": "swipestream: little to much fraud",
        "description": "From pale to the red of fraud",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#FBF1F2", "#F3CDD3", "#E597A3", "#D65E71", "#C8324A", "#8F1C31"],
    }
]
