"""
Every setting: from the environment, then `.env`, then the default.

A part for each service, all of them with the folders of `HomeSettings`. What needs several parts
takes the smallest class that has them; `Settings` is all of them.
"""

from swipestream.settings.dashboards import SUPERSET, DashboardSettings
from swipestream.settings.database import OWNER, DatabaseSettings
from swipestream.settings.decisions import DecisionSettings
from swipestream.settings.declared import LOOPBACK, REPO_ROOT
from swipestream.settings.desk import DeskSettings
from swipestream.settings.env_file import read_env_file
from swipestream.settings.flink import REST_USER, FlinkSettings
from swipestream.settings.home import HomeSettings
from swipestream.settings.kafka import SASL_MECHANISMS, KafkaSettings
from swipestream.settings.models import ModelSettings
from swipestream.settings.whole import (
    ChampionSettings,
    JobSettings,
    Settings,
    TopicSettings,
    example_text,
    fields,
)

__all__ = [
    "LOOPBACK",
    "OWNER",
    "REPO_ROOT",
    "REST_USER",
    "SASL_MECHANISMS",
    "SUPERSET",
    "ChampionSettings",
    "DashboardSettings",
    "DatabaseSettings",
    "DecisionSettings",
    "DeskSettings",
    "FlinkSettings",
    "HomeSettings",
    "JobSettings",
    "KafkaSettings",
    "ModelSettings",
    "Settings",
    "TopicSettings",
    "example_text",
    "fields",
    "read_env_file",
]
