"""scripts/secret_scan.py finds what must not be in the repository, and shows none of it."""

import pytest

from scripts.secret_scan import CARD_LIKE, faults, main, text_of, tracked
from swipestream.card_numbers import holds_card_number

# Put together here, or the scan would find them in this file.
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAu1SU1LfVLPHCozMx\n"
AWS = "AKIA" + "ABCDEFGHIJKLMNOP"
CARD = "4" + "1" * 15


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a/b.py", f'x = """\n{KEY}"""', ["a/b.py:2: a private key"]),
        ("a.pem", KEY.replace("RSA ", ""), ["a.pem:1: a private key"]),
        ("a.yml", f"key: {AWS}\n", ["a.yml:1: an AWS key"]),
        ("a.md", "token gh" + f"p_{'a1' * 18}", ["a.md:1: a GitHub token"]),
        ("a.md", f"one\npaid with {CARD}, twice", ["a.md:2: a card number"]),
        ("a.md", "paid with 4111 1111 1111" + " 1112", []),
        ("tests/sending/a.csv", f"card,amount\n{CARD},1\n", []),
        (".env.example", "A_PASSWORD=\nB_PASSWORD=x\n", [".env.example:2: a password"]),
        ("docker/kafka.env", "export API_TOKEN=x\n", ["docker/kafka.env:1: a password"]),
        ("x/.env", "URL=postgresql://me:word@host/db", ["x/.env:1: a password in a URL"]),
        ("x/.env", "URL=postgresql://host/db\n# PASSWORD=x\n", []),
        ("settings.py", "A_PASSWORD=x\n", []),
    ],
)
def test_a_secret_is_found(name: str, text: str, found: list[str]) -> None:
    assert list(faults(name, text)) == found


def test_the_repository_holds_none(capsys: pytest.CaptureFixture[str]) -> None:
    code = main()
    assert (code, capsys.readouterr().out) == (0, "")


def test_every_exception_is_needed() -> None:
    names = tracked()
    needed = {
        prefix
        for prefix in CARD_LIKE
        if any(
            holds_card_number(line)
            for name in names
            if name.startswith(prefix)
            for line in text_of(name).splitlines()
        )
    }
    assert needed == CARD_LIKE
