"""What `import apercu` offers, and what it does not load."""

import importlib
import pkgutil
import subprocess
import sys
from importlib.resources import files

import pytest

import apercu

HEAVY = ("numpy", "onnxruntime", "pyvips", "scipy", "torch", "rich", "typer", "pydantic")


@pytest.mark.parametrize("name", apercu.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(apercu, name).__doc__
    assert name in dir(apercu)


def test_the_list_of_names_is_the_table_of_their_homes() -> None:
    assert sorted(apercu.__all__) == sorted(apercu._HOMES)
    assert len(set(apercu.__all__)) == len(apercu.__all__)


def test_no_public_name_is_the_name_of_a_module() -> None:
    assert not {module.name for module in pkgutil.iter_modules(apercu.__path__)} & set(apercu.__all__)


def test_a_public_name_stays_what_it_is_when_everything_is_imported() -> None:
    before = {name: getattr(apercu, name) for name in apercu.__all__}
    for module in pkgutil.walk_packages(apercu.__path__, "apercu."):
        if not module.name.startswith(("apercu.networks", "apercu.train", "apercu.__main__")):  # these need torch
            importlib.import_module(module.name)
    assert {name: getattr(apercu, name) for name in apercu.__all__} == before


def test_the_package_says_that_it_is_typed() -> None:
    assert files("apercu").joinpath("py.typed").is_file()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'enlarg'"):
        apercu.enlarg  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, apercu; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"
