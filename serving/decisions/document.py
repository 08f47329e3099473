"""Fill the tables of docs/api.md from the API itself: `python -m serving.decisions.document`."""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from serving.decisions.app import make_app
from serving.decisions.shapes import DecisionAnswer, PaymentRequest
from swipestream.settings import REPO_ROOT, DecisionSettings

DOCUMENT = REPO_ROOT / "docs" / "api.md"
KEYLESS = ("/v1/examples", "/healthz", "/readyz", "/metrics")


def openapi() -> dict[str, Any]:
    """The OpenAPI document, made without any service."""
    settings = dataclasses.replace(
        DecisionSettings(), database_url="postgresql://a:b@c/d", decisions_database_url="x"
    )
    return make_app(settings).openapi()


def endpoints(document: dict[str, Any]) -> str:
    """A row for each address."""
    lines = ["| request | does | needs | may be refused with |", "| --- | --- | --- | --- |"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scope = "no key" if path in KEYLESS else f"scope `{scope_of(path, method)}`"
            refusals = [status for status in operation["responses"] if status >= "400"]
            lines.append(
                f"| `{method.upper()} {path}` | {operation['summary']} | {scope} | "
                f"{', '.join(refusals) or '-'} |"
            )
    return "\n".join(lines)


def scope_of(path: str, method: str) -> str:
    """The scope that a key needs for an address."""
    if method == "get":
        return "read"
    return "label" if path.endswith("outcomes") else "decide"


def fields(model: type[PaymentRequest] | type[DecisionAnswer]) -> str:
    """A row for each field of a request or an answer."""
    schema = model.model_json_schema()
    lines = ["| field | type | |", "| --- | --- | --- |"]
    for name, found in schema["properties"].items():
        optional = "" if name in schema["required"] else ", may be left out"
        about = found.get("description", "").replace("|", "\\|")
        lines.append(f"| `{name}` | {kind(found)}{optional} | {about} |")
    return "\n".join(lines)


def kind(found: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "anyOf" in found:
        return " or ".join(dict.fromkeys(kind(one) for one in found["anyOf"]))
    if "enum" in found:
        return ", ".join(f"`{value}`" for value in found["enum"])
    if "$ref" in found:
        return "object"
    limits = [str(found[name]) for name in ("minimum", "maximum") if name in found]
    text = str(found["type"])
    if "pattern" in found:
        return "identifier" if "{1,64}" in found["pattern"] else "4 digits"
    return f"{text}, {' to '.join(limits)}" if limits else text


def filled(text: str) -> str:
    """
    The document with its tables made again.

    :param text: has a pair of marks for each.
    """
    document = openapi()
    for name, table in (
        ("requests", endpoints(document)),
        ("payment", fields(PaymentRequest)),
        ("answer", fields(DecisionAnswer)),
    ):
        begin, end = (
            f"<!-- {name}: made by serving/decisions/document.py -->",
            f"<!-- end of {name} -->",
        )
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}\n\n{table}\n\n{end}{rest.partition(end)[2]}"
    return text


def main(path: Path = DOCUMENT) -> None:
    """Print the document as it should be, or write it with `--write`."""
    text = filled(path.read_text("utf-8"))
    if "--write" in sys.argv:
        path.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
