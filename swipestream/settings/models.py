"""What models need: where bundles are, the pages of their record, and when to train again."""

from dataclasses import dataclass
from pathlib import Path

from swipestream.errors import SettingError
from swipestream.settings.cron_text import CronText
from swipestream.settings.declared import setting
from swipestream.settings.home import HomeSettings


@dataclass(frozen=True)
class ModelSettings(HomeSettings):
    """Model bundles and MLflow."""

    model_dir: str = setting(
        "MODEL_DIR", "", "Folder of model bundles. Default: models/ in SWIPESTREAM_HOME."
    )
    mlflow_port: int = setting("MLFLOW_PORT", 15000, "Port of `swipestream mlflow`.")
    retrain_schedule: str = setting(
        "RETRAIN_SCHEDULE",
        "",
        "When to think about retraining, as a crontab says it, in UTC: 30 3 * * *. Default: never.",
    )
    retrain_older_than_days: int = setting(
        "RETRAIN_OLDER_THAN_DAYS",
        7,
        "The schedule retrains if the champion is so many days old, or if something has drifted.",
    )
    auto_promote_after_hours: int = setting(
        "AUTO_PROMOTE_AFTER_HOURS",
        0,
        "Hours after which the schedule promotes a challenger that agrees. Default: a person does.",
        least=0,
    )

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        super().check()
        if self.retrain_schedule:
            try:
                CronText.parse(self.retrain_schedule)
            except ValueError as error:
                raise SettingError(
                    f"RETRAIN_SCHEDULE={self.retrain_schedule} is not understood: {error}",
                    "write five fields as in a crontab, for example 30 3 * * *",
                ) from None

    @property
    def models_dir(self) -> Path:
        """Model bundles, one folder per version, and the file `champion`."""
        return Path(self.model_dir).expanduser() if self.model_dir else self.state_dir / "models"
