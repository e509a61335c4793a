"""Tells by the words of a header what a column says of a person, and what it says of the sample alone."""

from __future__ import annotations

import re
from collections.abc import Collection
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
    "sex gender race races ethnic* hisp* religi* confession faith nation national* citizen* marital* married marr "
    "personal_status relationship age ages aged birth* born dob senior* disab* handicap* native* foreign* immigra* "
    "migra* pregnan* maternity sexual* politic* union skin_color veteran* "
    # people at work, whom the law protects as well
    "driver drivers courier* employee* technician* physician* nurse* salesperson "
    "fahrer* kurier* mitarbeiter* sachbearbeiter* techniker* verkaeufer* pflegekraft chauffeur* livreur* conducente "
    "autista* empleado* chofer* "
    "geschlecht* rasse ethni* konfession* staatsang* staatsbuerger* auslaend* familienstand zivilstand verheiratet "
    "alter lebensalter geburt* geboren behinder* herkunft* muttersprache hautfarbe schwanger* gewerkschaft* partei "
    # French, Italian, Spanish, Portuguese, Romanian
    "sexe sesso sexo edad idade varsta naissance nascita nacimiento nascimento nastere* nazionalita* nacionalid* "
    "citoyennete cittadinanza ciudadania cidadania cetateni* situation_familiale situation_de_famille etat_civil "
    "stato_civile estado_civil stare_civila matrimonial* etni* raza razza raca disabil* discapaci* deficiencia "
    "enceinte gravidanza incinta embaraz* gravida langue_maternelle syndica* sindacat* sindicat* "
    # Dutch, Swedish, Danish, Norwegian, Finnish
    "geslacht leeftijd geboorte* burgerlijke_staat burgerschap godsdienst geloof afkomst zwanger* kon koen kjonn "
    "kjoenn alder medborgar* statsborger* civilstand* civilstatus sivilstand* sivilstatus fodelse* foedelse* fodsel* "
    "foedsel* trossamfu* gravid* sukupuoli ikae syntym* kansalaisuu* siviilisa* uskonto aidinkieli aeidinkieli "
    # Polish, Czech, Slovak, Slovenian, Croatian, Hungarian, Turkish, Estonian, Latvian, Lithuanian
    "plec wiek urodz* narodowosc obywatelstw* stan_cywilny wyznanie niepelnospr* pohlavi* vek narozen* narodnost "
    "obcanstv* obcianstv* rodinny_stav nabozens* vyznani spol starost rojst* drzavljan* bracni_status zakonski_stan "
    # Russian, Ukrainian, Bulgarian, Serbian, Macedonian, Greek, in plain letters
    "vozrast* vik vazrast uzrast rozhden* narodzhen* razhdan* rodjen* raganj* statj natsional* grazhdanstv* "
    "gromadyanstv* drzhavljan* drzhavjan* semeyn* etnich* veroispov* virospov* invalidn* beremenn* "
    "vagitn* simeyn* bremenn* rasa brachni_status brachen_status fylo ilikia gennis* ethnikot* ypikoot* ithagen* "
    "thriske* oikogeneiaki_katastasi anapiri* egkyos egkymos* fyli "
    "eletkor nemzetiseg* allampolgar* csaladi_allapot vallas szuletes* szueletes* cinsiyet* uyruk* medeni_hal* "
    "medeni_durum* dogum* sugu vanus rahvus kodakondsus dzimums vecums tautiba pilsoniba lytis amzius tautybe pilietybe"
)
_OF_FEW = {"genre": 5, "genero": 5, "genere": 5, "nem": 5, "pol": 5, "eta": 120, "kor": 120, "ika": 120, "yas": 120}
"""Words for sex and age that mean something else too, with how many different values they have at most."""
_IDENTITIES = (
    "name names firstname lastname surname forename fullname username email e_mail mail phone* telephone* mobile* fax "
    "address* street* ssn social_security passport* iban ip ip_address "
    "vorname* nachname* familienname* kundenname* benutzername telefon* tel handy* adresse* anschrift* strasse* "
    "ausweis* sozialversicherungs* steuernummer "
    "prenom* nom_patient nom_client nom_de_famille apellido* cognome sobrenome achternaam voornaam fornamn efternamn "
    "fornavn efternavn etternavn etunimi sukunimi imie nazwisko jmeno prijmeni soyad* courriel correo* direccion "
    "imya imja im_ya ime familiya prizvishche prezime otchestvo onoma eponymo onomateponymo dieythynsi tilefono "
    "indirizzo endereco adres osoite codice_fiscale personnummer pesel rodne_cislo bsn"
)
_WOMEN = (
    "female woman women girl femme feminin femminile femmina donna mujer femenino feminino mulher frau weiblich vrouw "
    "kvinna kvinde kvinne nainen kobieta žena zena nő kadın kadin femeie féminin madame mme mrs ms "
    "женщина женский жен жінка жіноча жена женски ženski женско γυναίκα θήλυ γυναικείο"
)
_MEN = (
    "male man men boy homme masculin maschile maschio uomo hombre masculino homem mann männlich maennlich herr mand "
    "mies mężczyzna mezczyzna muž muz moški férfi ferfi erkek bărbat barbat monsieur m. mr "
    "мужчина мужской муж чоловік чоловіча мъж мъжки мушки muški машко άνδρας άντρας άρρεν ανδρικό"
)
_NEITHER = (
    "x d u o nb other autre altro otro outro divers diverse anders annat andet inne jiné egyéb diğer unknown inconnu "
    "unbekannt unspecified"
)
_LETTERS = tuple(map(frozenset, ("mf", "fh", "hm", "mk", "mv", "mw", "мж", "чж", "αγ", "αθ")))
"""The first letters of both, from Madrid to Moscow and Athens."""
_OF_THINGS = (
    "product file brand event device model plan campaign channel item shop store city country region branch "
    "department sector loan account vehicle car house building property company firm policy contract tariff order "
    "produkt datei marke geraet modell filiale abteilung stadt land konto fahrzeug auto haus gebaeude firma vertrag "
    "bestellung mac web"
)
"""What has a name, an age or an address too; `account_age` is no one's age."""
_OF_A_THING = frozenset({"age", "alter", "name", "names", "address", "adresse"})
_MANY = 50
MOST_WORDS = 10
"""With more different values a column is none of women and men."""
_WEIGHT = re.compile(r"(^|_)([a-z]*wgt|pweights?|hochrechnung\w*)(_|$)")
_SAMPLE = re.compile(
    r"(^|_)(sampl\w*|survey\w*|census|person|stichproben?\w*|expansion)_?(weights?|wt|factor|gewicht\w*)(_|$)"
)


def _pattern(words: str) -> re.Pattern[str]:
    parts = "|".join(word.replace("*", "[a-z0-9]*") for word in words.split())
    return re.compile(rf"(^|_)({parts})(_|$)")


_THINGS = frozenset(_OF_THINGS.split())
_TRAIT, _IDENTITY = _pattern(_TRAITS), _pattern(_IDENTITIES)


def personal(words: str, *, distinct: int, rows: int, values: Collection[str] = ()) -> Personal | None:
    """Say what a column tells about a person; `words` are its header's, small, in plain letters, with `_` between.

    Who somebody is has many values: a `phone_service` of yes and no names nobody. Women and men tell by the `values`.
    """
    parts = set(words.split("_"))
    is_of_a_thing = bool(_THINGS & parts)
    names_people = distinct > _MANY or (distinct > 2 and distinct > rows / 10)
    for pattern, told in ((_IDENTITY, Personal.IDENTITY), (_TRAIT, Personal.TRAIT)):
        match = pattern.search(words)
        if match and not (is_of_a_thing and match[2] in _OF_A_THING) and (told is Personal.TRAIT or names_people):
            return told
    is_of_few = any(distinct <= _OF_FEW.get(part, 0) for part in parts) and not is_of_a_thing
    return Personal.TRAIT if is_of_few or are_women_and_men(values) else None


def are_women_and_men(values: Collection[str]) -> bool:
    """Whether the values are both sexes, by words or by their first letters, and nothing but what is neither."""
    if len(values) > MOST_WORDS:
        return False
    said = {value.strip().casefold() for value in values}
    women, men = set(_WOMEN.casefold().split()), set(_MEN.casefold().split())
    sexes = said - set(_NEITHER.split())
    return sexes in _LETTERS or (sexes <= women | men and bool(sexes & women) and bool(sexes & men))


def is_weight_of_sample(words: str) -> bool:
    """Whether a column says how many people a row of a survey stands for, and so nothing about this one."""
    return bool(_WEIGHT.search(words) or _SAMPLE.search(words))


def is_name_of_rows(words: str) -> bool:
    """Whether a header, as `words_of` writes it, calls its column a name of what rows are about: `kunde_id`."""
    return bool(_NAME_OF_ROWS.search(words))
