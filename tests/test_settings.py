"""Settings come from arguments, then the environment, then the user's file, then the defaults; a bad one is named."""

import json
from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from apercu.errors import InputError
from apercu.settings import Settings, available_threads, load_settings


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch) -> Path:
    """The user's settings file, in a folder of its own; no settings in the environment."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"APERCU_{name.upper()}", raising=False)
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path / "config" / name)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "share" / name)
    folder = tmp_path / "config" / "apercu"
    folder.mkdir(parents=True)
    return folder / "settings.toml"


def test_without_anything_the_defaults_hold(tmp_path: Path):
    settings = load_settings()
    assert settings == Settings()
    assert settings.data_dir == tmp_path / "share" / "apercu"
    assert (settings.threads, settings.tile_size, settings.max_scale) == (available_threads(), 256, 64)
    assert not settings.data_dir.exists()


def test_arguments_come_before_environment_before_file_before_default(config: Path, monkeypatch):
    assert load_settings().tile_size == 256
    config.write_text("tile_size = 32\nthreads = 3\n")
    assert load_settings().tile_size == 32
    monkeypatch.setenv("APERCU_TILE_SIZE", "48")
    assert load_settings().tile_size == 48
    assert load_settings(tile_size=64).tile_size == 64
    assert load_settings(tile_size=64).threads == 3


def test_arguments_that_are_none_and_empty_variables_do_not_count(config: Path, monkeypatch):
    config.write_text("tile_size = 32\n")
    monkeypatch.setenv("APERCU_TILE_SIZE", "")
    assert load_settings(tile_size=None).tile_size == 32


def test_a_bad_argument_is_named():
    with pytest.raises(InputError, match=r"^setting threads = 0: input should be greater than or equal to 1$"):
        load_settings(threads=0)


def test_every_setting_can_come_from_every_place(config: Path, monkeypatch, tmp_path: Path):
    values = {
        "data_dir": tmp_path,
        "threads": 5,
        "tile_size": 100,
        "max_input_pixels": 7,
        "max_output_pixels": 8,
        "max_scale": 3.5,
        "max_memory": 2_000_000_000,
        "papers_vectors": "none",
        "remember_choices": True,
    }
    assert set(values) == set(Settings.model_fields)
    assert load_settings(**values) == Settings(**values)
    config.write_text(
        "\n".join(
            f"{name} = {str(value)!r}" if name == "data_dir" else f"{name} = {json.dumps(value)}"
            for name, value in values.items()
        )
    )
    assert load_settings() == Settings(**values)
    config.unlink()
    for name, value in values.items():
        monkeypatch.setenv(f"APERCU_{name.upper()}", str(value))
    assert load_settings() == Settings(**values)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("THREADS", "many", "setting threads = 'many': input should be a valid integer"),
        ("THREADS", "0", "setting threads = '0': input should be greater than or equal to 1"),
        ("TILE_SIZE", "15", "setting tile_size = '15': input should be greater than or equal to 16"),
        ("TILE_SIZE", "1e3", "setting tile_size = '1e3': input should be a valid integer"),
        ("MAX_SCALE", "nan", "setting max_scale = 'nan': input should be greater than or equal to 1"),
        ("MAX_INPUT_PIXELS", "-1", "setting max_input_pixels = '-1': input should be greater"),
    ],
)
def test_a_bad_value_in_the_environment_is_named(monkeypatch, name: str, value: str, problem: str):
    monkeypatch.setenv(f"APERCU_{name}", value)
    with pytest.raises(InputError) as caught:
        load_settings()
    assert caught.value.message.startswith(problem)
    assert "\n" not in caught.value.message
    assert "Known settings: data_dir, threads, tile_size" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tile_sise = 32", "setting tile_sise = 32: extra inputs are not permitted"),
        ('threads = "two"', "setting threads = 'two': input should be a valid integer"),
        ("[threads]\nx = 1", "setting threads = {'x': 1}: input should be a valid integer"),
        ("threads = ", "the settings file .*settings.toml cannot be read"),
        ("x = " + "[" * 5000, "the settings file .*settings.toml cannot be read"),
        ("\ufeff\x00", "the settings file .*settings.toml cannot be read"),
    ],
)
def test_a_damaged_file_is_named(config: Path, text: str, problem: str):
    config.write_text(text, "utf-8")
    with pytest.raises(InputError, match=problem) as caught:
        load_settings()
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_not_utf8_or_a_folder_is_named(config: Path):
    config.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        load_settings()
    config.unlink()
    config.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_settings()


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        Settings().threads = 3  # type: ignore[misc]
