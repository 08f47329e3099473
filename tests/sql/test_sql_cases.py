"""Every SQL case holds in Flink."""

import pytest

from tests.sql.cases import Case, Row, all_cases, differences, hold

# Flink plans all cases as one job, which a slow machine takes minutes for.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_case_holds_in_flink(case: Case, flink_results: dict[str, list[Row]]) -> None:
    found = differences(case.expected(), flink_results[case.name])
    hold(case.name, found)
