"""The scoring job, for tests that look at how it is."""

from tests.pipeline.conftest import pipeline

__all__ = ["pipeline"]
