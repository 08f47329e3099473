"""The command line, the settings and the embedded stack; it calls the other packages."""

__version__ = "0.2.0"
