"""What a column says of a person is told by the words of its header."""

from __future__ import annotations

import pytest

from flywheel.project.charter.column_names import words_of
from flywheel.project.proposing.personal import Personal, is_weight_of_sample, personal

TRAITS = (
    "sex", "Gender", "AGE", "race", "religion", "Nationality", "nativeCountry", "foreign_worker", "personal_status",
    "marital-status", "DateOfBirth", "dob", "birth year", "Disability", "SeniorCitizen", "relationship", "hispanic",
    "age", "Geschlecht", "Alter",
    "Sexe", "genre", "sesso", "Sexo", "género", "geslacht", "kön", "køn", "kjønn", "sukupuoli", "płeć", "pohlaví",
    "nem", "spol", "cinsiyet", "Âge", "età", "edad", "idade", "leeftijd", "ålder", "alder", "ikä", "wiek", "věk",
    "életkor", "yaş", "vârstă", "Nationalité", "nazionalità", "nacionalidad", "nationaliteit", "medborgarskap",
    "obywatelstwo",
    "státní občanství", "állampolgárság", "uyruk", "Situation familiale", "état civil", "stato civile", "Estado_Civil",
    "burgerlijke staat", "civilstånd", "sivilstatus", "stan cywilny", "rodinný stav", "családi állapot", "medeni hali",
    "godsdienst", "religião", "wyznanie", "náboženství", "uskonto", "date de naissance", "fecha_nacimiento",
    "födelseår", "data urodzenia", "datum narození", "doğum tarihi", "vanus", "lytis",
    "Пол", "Возраст", "дата рождения", "Национальность", "гражданство", "Семейное положение", "вероисповедание",
    "Инвалидность", "стать", "Вік", "Дата народження", "громадянство", "Сімейний стан", "възраст", "Дата на раждане",
    "народност", "семейно положение", "узраст", "датум рођења", "држављанство", "датум на раѓање", "старост",
    "Φύλο", "ΗΛΙΚΙΑ", "Ημερομηνία γέννησης", "Έτος γέννησης", "εθνικότητα", "υπηκοότητα", "Ιθαγένεια", "θρήσκευμα",
    "Οικογενειακή κατάσταση", "αναπηρία",
    "Familienstand", "Geburtsdatum", "Staatsangehörigkeit", "Ausländer", "Konfession", "Religion!",
)  # fmt: skip
IDENTITIES = (
    "Policyholder Name", "name", "first_name", "CustomerName", "e-mail", "E-Mail-Adresse", "phone", "Phone No.",
    "address", "Home Address", "IBAN", "Nachname", "Vorname", "Telefon", "Anschrift", "Straße", "Handynummer",
    "ip address", "Имя", "ФАМИЛИЯ", "Телефон", "прізвище", "Име", "Όνομα", "Επώνυμο", "Διεύθυνση", "τηλέφωνο",
)  # fmt: skip
NEITHER = (
    "product_name", "account_age", "vehicle age", "Filename", "percentage", "package", "usage", "status", "amount",
    "film genre", "ETA", "pol_no", "DIN", "vente", "paysage", "konto", "korting", "sexta", "wieksze", "nome_produto",
    "messages", "stage", "Firmenalter", "Markenname", "tenure", "contract", "average",
    "Стоимость", "Дата заказа", "статус", "Договор", "τιμή", "Κατάσταση", "ποσό", "stat", "Полис",
)  # fmt: skip


@pytest.mark.parametrize("header", TRAITS)
def test_a_trait_is_asked_about_however_it_is_written(header: str) -> None:
    assert personal(words_of(header), distinct=2, rows=1_000) is Personal.TRAIT


@pytest.mark.parametrize("header", IDENTITIES)
def test_who_somebody_is_is_not_decided_on_unless_a_person_says_so(header: str) -> None:
    assert personal(words_of(header), distinct=900, rows=1_000) is Personal.IDENTITY


@pytest.mark.parametrize("header", NEITHER)
def test_what_belongs_to_a_thing_is_nobodys(header: str) -> None:
    assert personal(words_of(header), distinct=900, rows=1_000) is None


@pytest.mark.parametrize(
    "values",
    [
        "F H", "M F", "m f", "K M", "H M X", "M V", "m w d", "male female", "Homme Femme Autre", "Mujer Hombre",
        "man vrouw", "Man Kvinna", "Kobieta Mężczyzna", "muž žena", "férfi nő", "Erkek Kadın",
        "männlich weiblich divers", "M. Mme", "М Ж", "муж жен", "Мужской Женский", "Ч Ж", "мъж жена", "Α Γ",
        "Άνδρας Γυναίκα",
    ],
)  # fmt: skip
def test_women_and_men_tell_by_their_values_under_any_header(values: str) -> None:
    assert personal("c_7", distinct=2, rows=1_000, values=values.split()) is Personal.TRAIT


@pytest.mark.parametrize("values", ["F", "H L", "H M L", "O N", "yes no", "M S", "F M S", "man machine", "X D", ""])
def test_other_letters_and_words_are_nobodys(values: str) -> None:
    assert personal("c_7", distinct=3, rows=1_000, values=values.split()) is None


def test_a_few_values_name_nobody() -> None:
    assert personal(words_of("PhoneService"), distinct=2, rows=7_000) is None


@pytest.mark.parametrize("header", ["fnlwgt", "person weight", "Sampling_Weight"])
def test_the_weight_of_a_sample_is_one(header: str) -> None:
    assert is_weight_of_sample(words_of(header))


@pytest.mark.parametrize("header", ["weight", "birth_weight"])
def test_the_weight_of_a_thing_is_none_of_a_sample(header: str) -> None:
    assert not is_weight_of_sample(words_of(header))
