"""Tells by the words of a header what a column says of a person, and what it says of the sample alone."""

from __future__ import annotations

import re
from enum import Enum

_NAME_OF_ROWS = re.compile(
    r"(^|_)(ids?|uuid|guid|key|nr|ref|numero|matricule)(_|$)|^index$|(^|_)(no|num|number)$|(nummer|kennung)$|"
    r"^(kunden?|customer|client|patient|account|konto|member|user|policy|contract|vertrag|machine|maschine|device|"
    r"vehicle|sensor|household|student|employee|cliente|paziente|abonne|dossier)$"
)


class Personal(Enum):
    """What a column may tell about a person; its value is what its author is asked, and what a no writes."""

    TRAIT = "may it be decided on? else permitted = false"
    IDENTITY = "it tells who somebody is, so it is not decided on: is that right? else permitted = true"


_TRAITS = (
    "sex gender race races ethnic* hisp* religio* confession faith nation national* citizen* marital* married marr "
    "personal_status relationship age ages aged birth* born dob senior* disab* handicap* native* foreign* immigra* "
    "migra* pregnan* maternity sexual* politic* union skin_color veteran* "
    "geschlecht* rasse ethni* konfession* staatsang* staatsbuerger* auslaend* familienstand zivilstand verheiratet "
    "alter lebensalter geburt* geboren behinder* herkunft* muttersprache hautfarbe schwanger* gewerkschaft* partei"
)
_IDENTITIES = (
    "name names firstname lastname surname forename fullname username email e_mail mail phone* telephone* mobile* fax "
    "address* street* ssn social_security passport* iban ip ip_address "
    "vorname* nachname* familienname* kundenname* benutzername telefon* tel handy* adresse* anschrift* strasse* "
    "ausweis* sozialversicherungs* steuernummer"
)
_OF_THINGS = (
    "product file brand event device model plan campaign channel item shop store city country region branch "
    "department sector loan account vehicle car house building property company firm policy contract tariff order "
    "produkt datei marke geraet modell filiale abteilung stadt land konto fahrzeug auto haus gebaeude firma vertrag "
    "bestellung mac web"
)
"""What has a name, an age or an address too; `account_age` is no one's age."""
_OF_A_THING = frozenset({"age", "alter", "name", "names", "address", "adresse"})
_MANY = 50
_WEIGHT = re.compile(r"(^|_)([a-z]*wgt|pweights?|hochrechnung\w*)(_|$)")
_SAMPLE = re.compile(
    r"(^|_)(sampl\w*|survey\w*|census|person|stichproben?\w*|expansion)_?(weights?|wt|factor|gewicht\w*)(_|$)"
)


def _pattern(words: str) -> re.Pattern[str]:
    parts = "|".join(word.replace("*", "[a-z0-9]*") for word in words.split())
    return re.compile(rf"(^|_)({parts})(_|$)")


_THINGS = frozenset(_OF_THINGS.split())
_TRAIT, _IDENTITY = _pattern(_TRAITS), _pattern(_IDENTITIES)


def personal(words: str, *, distinct: int, rows: int) -> Personal | None:
    """Say what a column tells about a person; `words` are its header's, small, in plain letters, with `_` between.

    Who somebody is has many values: a `phone_service` of yes and no names nobody.
    """
    is_of_a_thing = bool(_THINGS & set(words.split("_")))
    names_people = distinct > _MANY or (distinct > 2 and distinct > rows / 10)
    for pattern, told in ((_IDENTITY, Personal.IDENTITY), (_TRAIT, Personal.TRAIT)):
        match = pattern.search(words)
        if match and not (is_of_a_thing and match[2] in _OF_A_THING) and (told is Personal.TRAIT or names_people):
            return told
    return None


def is_weight_of_sample(words: str) -> bool:
    """Whether a column says how many people a row of a survey stands for, and so nothing about this one."""
    return bool(_WEIGHT.search(words) or _SAMPLE.search(words))


def is_name_of_rows(words: str) -> bool:
    """Whether a header, as `words_of` writes it, calls its column a name of what rows are about: `kunde_id`."""
    return bool(_NAME_OF_ROWS.search(words))
