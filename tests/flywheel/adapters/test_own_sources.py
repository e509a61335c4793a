"""Which of our sources a package holds."""

from __future__ import annotations

from pathlib import Path

from flywheel.adapters.own_sources import sources_of

HOME = Path(__file__).resolve().parents[3]


def test_a_package_holds_what_the_service_imports_and_neither_catalog_nor_flows() -> None:
    names = set(sources_of("deployments.service.endpoint", HOME))
    assert {"deployments/__init__.py", "deployments/service/app.py", "flywheel/project/tabular/model.py"} <= names
    unneeded = ("catalog/", "services/", "console/", "settings.py", "charter/charter.py", "charter/data.py")
    assert not [name for name in names if any(one in name for one in unneeded)]


def test_imports_inside_functions_and_packages_are_followed(tmp_path: Path) -> None:
    (tmp_path / "flywheel" / "inner").mkdir(parents=True)
    (tmp_path / "flywheel" / "__init__.py").write_text("")
    (tmp_path / "flywheel" / "a.py").write_text("def f():\n    from flywheel.inner import b\n    import json\n")
    (tmp_path / "flywheel" / "inner" / "__init__.py").write_text("")
    (tmp_path / "flywheel" / "inner" / "b.py").write_text("import flywheel.a\n")
    names = set(sources_of("flywheel.a", tmp_path))
    assert names == {f"flywheel/{n}" for n in ("__init__.py", "a.py", "inner/__init__.py", "inner/b.py")}


def test_a_module_that_is_started_by_name_is_followed_and_one_left_out_is_not(tmp_path: Path) -> None:
    (tmp_path / "flywheel").mkdir()
    (tmp_path / "flywheel" / "__init__.py").write_text("")
    (tmp_path / "flywheel" / "a.py").write_text("COMMAND = ('-m', 'flywheel.b')\nWORDS = 'flywheel.nothing is here'\n")
    (tmp_path / "flywheel" / "b.py").write_text("from flywheel import c\n")
    (tmp_path / "flywheel" / "c.py").write_text("")
    assert set(sources_of("flywheel.a", tmp_path)) == {f"flywheel/{n}.py" for n in ("__init__", "a", "b", "c")}
    assert "flywheel/c.py" not in sources_of("flywheel.a", tmp_path, without=["flywheel.b"])
