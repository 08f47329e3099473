"""docker-compose.yml cannot be run here, but it must name things that exist."""

import re

import yaml

from swipestream.settings import REPO_ROOT, fields

COMPOSE = yaml.safe_load((REPO_ROOT / "docker-compose.yml").read_text())


def test_our_container_is_given_settings_that_exist() -> None:
    known = {item.metadata["env"] for item in fields()}
    given = COMPOSE["services"]["swipestream"]["environment"]
    assert set(given) <= known
    assert {"KAFKA_BOOTSTRAP", "DATABASE_URL", "FLINK_REST"} <= set(given)


def test_the_settings_point_to_services_of_the_file() -> None:
    given = COMPOSE["services"]["swipestream"]["environment"]
    addresses = " ".join(given[name] for name in ("KAFKA_BOOTSTRAP", "DATABASE_URL", "FLINK_REST"))
    hosts = re.findall(r"(?:^|@| )([a-z]+):\d+", addresses)
    assert sorted(hosts) == ["jobmanager", "kafka", "postgres"]
    assert set(hosts) <= set(COMPOSE["services"])


def test_every_port_is_published_on_loopback_only() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_no_password_is_written_down() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert value.startswith("${")


def test_the_image_is_built_from_files_that_exist() -> None:
    build = COMPOSE["x-image"]["build"]
    dockerfile = (REPO_ROOT / build["dockerfile"]).read_text()
    for source in re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", dockerfile, re.MULTILINE):
        for path in source.split():
            assert (REPO_ROOT / path).exists(), path
    conf = re.search(r"FLINK_CONF_DIR=/opt/swipestream/(\S+)", dockerfile)
    assert conf is not None
    assert yaml.safe_load((REPO_ROOT / conf[1] / "config.yaml").read_text())
