"""Headers become names in plain letters, of which none is lost."""

import pytest

from flywheel.project.charter.column_names import names_for


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Kanał sprzedaży", "Kanal_sprzedazy"),
        ("ŁÓDŹ", "LODZ"),
        ("Größe (m²)", "Groesse_m2"),
        ("Ørsted æble", "Orsted_aeble"),
        ("đường", "duong"),
        ("Þór", "Thor"),
        ("Сумма заказа", "Summa_zakaza"),
        ("Їжак і щука", "Yizhak_i_shchuka"),
        ("Ημερομηνία Αγοράς", "Imerominia_Agoras"),
        ("İlçe ılık", "Ilce_ilik"),
    ],
)
def test_no_letter_of_a_header_is_lost(header: str, name: str) -> None:
    assert names_for([header]) == (name,)
