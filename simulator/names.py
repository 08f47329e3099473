"""Names of people and firms: a pool from Faker, then drawn from."""

import importlib

from faker.generator import Generator

# Where the people of a country get their names from; others have the first.
LOCALES = {
    "": "en_US", "AT": "de_AT", "AU": "en_GB", "BE": "nl_BE", "BR": "pt_BR", "CA": "en_US",
    "CH": "de_CH", "CZ": "cs_CZ", "DE": "de_DE", "ES": "es_ES", "FI": "fi_FI", "FR": "fr_FR",
    "GB": "en_GB", "IE": "en_GB", "IT": "it_IT", "MX": "es_ES", "NL": "nl_NL", "PL": "pl_PL",
    "PT": "pt_PT", "SE": "sv_SE", "TR": "tr_TR",
}  # fmt: skip
POOL = 400


def locale_of(country: str) -> str:
    """:param country: two letters."""
    return LOCALES.get(country, LOCALES[""])


def person_pool(seed: int, locale: str) -> tuple[list[str], list[str]]:
    """
    First names and last names.

    :param locale: of Faker, for example de_DE.
    """
    source = Generator()
    source.seed_instance(f"{seed}/{locale}")
    module = importlib.import_module(f"faker.providers.person.{locale}")
    source.add_provider(module.Provider(source))
    first = [source.format("first_name") for _ in range(POOL)]
    last = [source.format("last_name") for _ in range(POOL)]
    return first, last
