"""The scoring job, shared with the tests of the pipeline."""

from tests.pipeline.conftest import pipeline

__all__ = ["pipeline"]
