"""A small job for the stack's Flink, with a function that records how many rows it is given."""

import os
import time
from pathlib import Path
from typing import Any

import pandas as pd
from pyflink.common import Configuration
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

RECORD, SECONDS = Path(os.environ["RECORD"]), float(os.environ["SECONDS_A_BATCH"])


@udf(result_type=DataTypes.BIGINT(), func_type="pandas")  # type: ignore[untyped-decorator]
def recorded(numbers: "pd.Series[Any]") -> "pd.Series[Any]":
    """Appends the size of each batch to a file, after as long as scoring it would take."""
    time.sleep(SECONDS)
    with RECORD.open("a") as record:
        record.write(f"{len(numbers)}\n")
    return numbers


configuration = Configuration()
for line in os.environ["OPTIONS"].splitlines():
    configuration.set_string(*line.split("="))
environment = TableEnvironment.create(
    EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
)
environment.create_temporary_system_function("recorded", recorded)
environment.execute_sql(os.environ["SOURCE"])
environment.execute_sql("CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole')")
environment.execute_sql("INSERT INTO nowhere SELECT recorded(n) FROM numbers")
