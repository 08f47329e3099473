"""What models need: where bundles are, and the pages of their record."""

from dataclasses import dataclass
from pathlib import Path

from swipestream.settings.declared import setting
from swipestream.settings.home import HomeSettings


@dataclass(frozen=True)
class ModelSettings(HomeSettings):
    """Model bundles and MLflow."""

    model_dir: str = setting(
        "MODEL_DIR", "", "Folder of model bundles. Default: models/ in SWIPESTREAM_HOME."
    )
    mlflow_port: int = setting("MLFLOW_PORT", 15000, "Port of `swipestream mlflow`.")

    @property
    def models_dir(self) -> Path:
        """Model bundles, one folder per version, and the file `champion`."""
        return Path(self.model_dir).expanduser() if self.model_dir else self.state_dir / "models"
