"""A person at the pages, played by Chromium; in a separate environment, .venv-browser."""
