"""The parts together, for what needs more than one of them."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from swipestream.settings.dashboards import DashboardSettings
from swipestream.settings.database import DatabaseSettings
from swipestream.settings.decisions import DecisionSettings
from swipestream.settings.declared import Declared, declared
from swipestream.settings.desk import DeskSettings
from swipestream.settings.flink import FlinkSettings
from swipestream.settings.home import HomeSettings
from swipestream.settings.kafka import KafkaSettings
from swipestream.settings.models import ModelSettings

# In the order of `.env.example`.
PARTS: tuple[type[Declared], ...] = (
    HomeSettings,
    KafkaSettings,
    DatabaseSettings,
    FlinkSettings,
    ModelSettings,
    DashboardSettings,
    DecisionSettings,
    DeskSettings,
)


@dataclass(frozen=True)
class TopicSettings(KafkaSettings, DatabaseSettings):
    """A topic and the tables that its messages end up in."""


@dataclass(frozen=True)
class ChampionSettings(ModelSettings, DatabaseSettings):
    """Models, and the tables that say which one decides and why."""


@dataclass(frozen=True)
class JobSettings(TopicSettings, ChampionSettings, FlinkSettings):
    """A Flink job and all it reads and writes."""


@dataclass(frozen=True)
class Settings(JobSettings, DashboardSettings, DecisionSettings, DeskSettings):
    """What may differ between machines; windows and thresholds are SQL instead."""


def fields() -> list["dataclasses.Field[Any]"]:
    """Every setting, part by part."""
    return [item for _, items in by_part() for item in items]


def by_part() -> list[tuple[type[Declared], list["dataclasses.Field[Any]"]]]:
    """Each part with the settings that no part before it has."""
    parts = []
    known: set[str] = set()
    for part in PARTS:
        own = [item for item in declared(part) if item.name not in known]
        known |= {item.name for item in own}
        parts.append((part, own))
    return parts


def example_text() -> str:
    """What `.env.example` must contain: every setting, its comment, its default."""
    lines = [
        "# Copy to .env and change what you need. The environment overrides .env.",
        "# Written by: .venv/bin/python -m swipestream.settings > .env.example",
    ]
    for part, items in by_part():
        lines += ["", f"# --- {(part.__doc__ or '').rstrip('.')} ---"]
        for item in items:
            comment, name = item.metadata["comment"], item.metadata["env"]
            lines += ["", f"# {comment}", f"{name}={item.default}"]
    return "\n".join(lines) + "\n"
