"""A team's catalogue is taken whole or not at all, every problem is listed, and what was taken is recommended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import apercu.imported.check
import apercu.imported.files
from apercu.catalogue import catalogue, find_entry, import_models
from apercu.errors import CatalogueError, InputError, UnknownModelError
from apercu.imported import forget_catalogue, imported_catalogues
from apercu.scientist import recommend
from apercu.settings import Settings

SHARP = {"id": "Hub-Sharp-3x", "task": "super_resolution", "factors": 3, "content": ["ui"], "licence": "MIT"}
FILES = {
    "team.json": json.dumps({"models": [SHARP]}),
    "list.json": json.dumps([SHARP]),
    "team.jsonl": json.dumps(SHARP) + "\n\n",
    "team.csv": "id,task,factors,content,licence\nHub-Sharp-3x,super_resolution,3,ui,MIT\n",
    "team.yaml": "- id: Hub-Sharp-3x\n  task: super_resolution\n  factors: 3\n  content: [ui]\n  licence: MIT\n",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def problems(path: Path, settings: Settings) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as caught:
        import_models(path, settings=settings)
    assert not imported_catalogues(settings)
    return caught.value.problems


@pytest.mark.parametrize("name", FILES)
def test_each_form_says_the_same(name: str, tmp_path: Path, settings: Settings) -> None:
    import_models(written(tmp_path, name, FILES[name]), settings=settings)
    entry = catalogue(settings)["Hub-Sharp-3x"]
    assert (entry.factors, entry.content, entry.licence, entry.status) == ((3.0,), ("ui",), "MIT", "described")
    assert entry.source == name.split(".")[0]


def test_it_is_recommended_replaced_and_forgotten(tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path, "team.json", FILES["team.json"])
    import_models(path, settings=settings)
    only = recommend("make my icon 3x larger", settings=settings, source="team")
    assert [model.id for model in only.models] == ["Hub-Sharp-3x"]
    assert "Hub-Sharp-3x" in [model.id for model in recommend("make my icon 3x larger", settings=settings).models]
    path.write_text(json.dumps([SHARP | {"id": "Hub-New"}]), "utf-8")
    import_models(path, settings=settings)
    assert [model.id for model in imported_catalogues(settings)["team"].models] == ["Hub-New"]
    assert forget_catalogue("team", settings) == 1
    assert "Hub-New" not in catalogue(settings)
    with pytest.raises(InputError, match="no imported catalogue is called 'team'"):
        recommend("make my icon 3x larger", settings=settings, source="team")


def test_a_limit_of_a_question_holds_for_it_too(tmp_path: Path, settings: Settings) -> None:
    drawn = SHARP | {"draws": "gan", "licence": "research only"}
    import_models(written(tmp_path, "team.json", json.dumps([drawn])), settings=settings)
    for question in ("make my icon 3x larger, no GANs", "make my icon 3x larger, open source only"):
        found = recommend(question, settings=settings, source="team")
        assert found.abstained
        assert found.why


def test_every_problem_is_listed_with_its_line_and_field_and_nothing_is_taken(
    tmp_path: Path, settings: Settings
) -> None:
    lines = [
        json.dumps(SHARP | {"factors": [0.5], "links": ["javascript:alert(1)"]}),
        "not json",
        json.dumps({"id": "a\x1b[31m", "task": "ocr", "colour": 1}),
        json.dumps({"task": "ocr"}),
        json.dumps({"id": "SISR-CARN-2x", "task": "super_resolution"}),
        json.dumps({"id": "twice", "task": "ocr"}),
        json.dumps({"id": "Twice", "task": "ocr"}),
        "[1]",
    ]
    found = "\n".join(problems(written(tmp_path, "bad.jsonl", "\n".join(lines)), settings))
    for said in (
        "line 1, field factors", "line 1, field links", "line 2: not JSON", "line 3, field id", "line 3, field colour",
        "line 4, field id", "line 5, field id or aliases: 'SISR-CARN-2x'", "line 6, field id or aliases: 'twice'",
        "line 7, field id or aliases: 'Twice'", "line 8",
    ):  # fmt: skip
        assert said in found
    assert "\x1b" not in found


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "", "ending"),
        ("a.json", "{", "line 1: not JSON"),
        ("a.json", "[" * 100_000, "not JSON|nested"),
        ("a.json", "{}", "expected a list"),
        ("a.json", "[]", "no models"),
        ("a.yaml", "- &a [1]\n- *a\n", "aliases"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.yaml", "!!python/object/apply:os.system ['true']", "not YAML"),
        ("a.csv", "id,task\na,ocr,more\n", "line 2: more fields"),
    ],
)
def test_a_file_that_is_none_is_refused(name: str, text: str, said: str, tmp_path: Path, settings: Settings) -> None:
    import re

    assert re.search(said, " ".join(problems(written(tmp_path, name, text), settings)))


def test_sizes_are_bounded(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.json", json.dumps([SHARP, SHARP | {"id": "b"}]))
    monkeypatch.setattr(apercu.imported.check, "MOST_MODELS", 1)
    assert "expected at most 1" in problems(path, settings)[0]
    monkeypatch.setattr(apercu.imported.files, "LARGEST_FILE", 10)
    assert "bytes, expected at most 10" in problems(path, settings)[0]


@pytest.mark.parametrize("name", ["../x", "", "A b", "x/y", ".hidden"])
def test_a_name_never_becomes_another_path(name: str, tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(InputError, match="no name for a catalogue"):
        import_models(written(tmp_path, "team.json", FILES["team.json"]), settings=settings, name=name)
    assert not settings.data_dir.exists()


def test_a_damaged_kept_file_is_named_and_can_be_forgotten(tmp_path: Path, settings: Settings) -> None:
    import_models(written(tmp_path, "team.json", FILES["team.json"]), settings=settings)
    kept = settings.data_dir / "catalogues" / "team.json"
    kept.write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"team is damaged") as told:
        catalogue(settings)
    assert "apercu models forget team" in told.value.hint
    assert forget_catalogue("team", settings) is None
    assert not kept.exists()
    assert catalogue(settings)


def test_a_file_of_brackets_is_refused_at_once(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CatalogueError, match="nested too deeply"):
        import_models(written(tmp_path, "deep.yaml", "[" * 20_000), settings=settings)


def test_an_entry_is_found_in_any_capitals_and_an_unknown_one_gets_the_nearest(settings: Settings) -> None:
    assert find_entry("sisr-carn-2X", settings).family == "CARN"
    with pytest.raises(UnknownModelError, match="SISR-CARN"):
        find_entry("SISR-CARN-5x", settings)


def test_the_message_names_the_first_problem_and_the_error_holds_all_of_them(
    tmp_path: Path, settings: Settings
) -> None:
    path = written(tmp_path, "bad.csv", "id,task\n" + "".join(f"m{i},ocrr\n" for i in range(2_000)))
    with pytest.raises(CatalogueError) as caught:
        import_models(path, settings=settings)
    assert len(caught.value.problems) == 2_000
    assert caught.value.problems[-1].startswith("line 2001, field task: no such task; the nearest is ocr")
    assert str(caught.value).startswith("bad.csv has 2,000 problems, and nothing of it was imported: line 2")
    assert str(caught.value).endswith("; and 1,999 more")
    assert len(str(caught.value)) < 300


def test_what_teams_call_a_task_is_answered_with_its_id(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CatalogueError, match="no such task; the nearest is super_resolution"):
        import_models(written(tmp_path, "team.csv", "id,task\nm,Upscaling\n"), settings=settings)


def test_hostile_text_is_quoted_as_escapes_and_cut(tmp_path: Path, settings: Settings) -> None:
    records = [
        {"id": "a\u202e\x1b[31m", "task": "ocr"},
        {"id": "b\u200b", "task": "ocr"},
        {"id": "c", "task": "ocr", "\u202ex\x07": 1, "links": ["\x1b" + "x" * 1_000_000]},
        {"id": "y" * 1_000_000, "task": "ocr"},
    ]
    found = "\n".join(problems(written(tmp_path, "bad.json", json.dumps(records)), settings))
    for said in (r"'a\u202e\x1b[31m'", r"'b\u200b'", r"field \u202ex\x07: there is no such field", "xxx...xxx", "yyy…"):
        assert said in found
    assert found.replace("\n", "").isprintable()
    assert len(found) < 2_000


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "a", "task": "ocr", "factors": [' + "0," * 300_000 + "0]}]",
        '[{"id": "a", "task": "ocr", "links": "' + "a;" * 300_000 + '"}]',
        '[{"id": "a"' + "".join(f', "f{i}": 1' for i in range(100_000)) + "}]",
    ],
    ids=("factors", "links", "fields"),
)
def test_a_list_of_hundreds_of_thousands_is_one_problem(text: str, tmp_path: Path, settings: Settings) -> None:
    found = problems(written(tmp_path, "long.json", text), settings)
    assert len(found) == 1
    assert "expected at most" in found[0]


def test_reading_stops_where_a_file_holds_nothing_but_problems(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apercu.imported.files, "MOST_PROBLEMS", 5)
    found = problems(written(tmp_path, "bad.jsonl", "x\n" * 100), settings)
    assert found[4:] == ("line 5: not JSON (Expecting value)", "line 6: not read from here on")


def test_a_table_as_a_german_spreadsheet_writes_it(tmp_path: Path, settings: Settings) -> None:
    lines = [
        "\ufeffID;Task;factors;content;licence;about;",
        'Schärfer-2x ;super_resolution;"2;4";photo;MIT;für Fotos aus Köln;',
        "Größer;super_resolution;any;;-;;",
        "Straße;super_resolution;;;k. A.;;",
        ";;;;;;",
    ]
    done = import_models(written(tmp_path, "Unsere Modelle (März).csv", "\r\n".join(lines)), settings=settings)
    assert done.name == "unsere-modelle-marz"
    assert [model.id for model in done.models] == ["Schärfer-2x", "Größer", "Straße"]
    assert [model.licence for model in done.models] == ["MIT", "not known", "not known"]
    assert done.models[0].factors == (2.0, 4.0)
    assert find_entry("Scha\u0308rfer-2X", settings).about == "für Fotos aus Köln"  # an accent of its own


def test_the_first_line_of_a_table_is_judged_once(tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path, "a.csv", "id;task;license;Lizenz\n" + "m;ocr;MIT;MIT\n" * 3)
    found = problems(path, settings)
    assert [one for one in found if one.startswith("line 1")] == [
        "line 1, field license: there is no such field; the nearest is licence",
        "line 1, field lizenz: there is no such field",
    ]
    assert problems(written(tmp_path, "b.csv", "id,task,task\na,ocr,ocr\n"), settings) == (
        "line 1: 2 columns are called task",
    )
    assert problems(written(tmp_path, "c.csv", "name\na\n"), settings)[1:] == (
        "line 1: no column is called id",
        "line 1: no column is called task",
    )


def test_a_table_in_another_coding_says_where_and_what_to_do(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("id;task\nSchärfer;ocr\n".encode("cp1252"))
    with pytest.raises(CatalogueError, match="line 2: not UTF-8") as caught:
        import_models(path, settings=settings)
    assert "CSV UTF-8" in caught.value.hint


def test_the_same_models_under_another_name_are_told_which_catalogue_has_them(
    tmp_path: Path, settings: Settings
) -> None:
    import_models(written(tmp_path, "team.json", FILES["team.json"]), settings=settings)
    with pytest.raises(CatalogueError, match="is a model of the catalogue team already") as caught:
        import_models(written(tmp_path, "copy.json", FILES["team.json"]), settings=settings)
    assert "--name team" in caught.value.hint
    apercu_s = written(tmp_path, "own.json", json.dumps([SHARP | {"id": "liif-edsr"}]))
    with pytest.raises(CatalogueError, match="is a model of Apercu's own catalogue already"):
        import_models(apercu_s, settings=settings)


@pytest.mark.parametrize(
    "licence", ["CC BY-NC 4.0", "cc_by_nc_sa", "non commercial", "nicht kommerziell", "proprietär", "?"]
)
def test_a_licence_in_an_odd_spelling_does_not_pass_for_a_free_one(
    licence: str, tmp_path: Path, settings: Settings
) -> None:
    import_models(written(tmp_path, "team.json", json.dumps([SHARP | {"licence": licence}])), settings=settings)
    assert recommend("make my icon 3x larger, open source only", settings=settings, source="team").abstained


def test_an_interrupted_import_leaves_what_was_there(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "team.json", FILES["team.json"])
    import_models(path, settings=settings)

    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    path.write_text(json.dumps([SHARP | {"id": "Hub-New"}]), "utf-8")
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_models(path, settings=settings)
    assert [kept.name for kept in (settings.data_dir / "catalogues").iterdir()] == ["team.json"]
    assert [model.id for model in imported_catalogues(settings)["team"].models] == ["Hub-Sharp-3x"]


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    settings = Settings(data_dir=written(tmp_path, "no-folder", "") / "data")
    with pytest.raises(InputError, match=r"cannot be kept in .*catalogues"):
        import_models(written(tmp_path, "team.json", FILES["team.json"]), settings=settings)


def test_forgetting_what_is_no_catalogue_names_those_that_there_are(tmp_path: Path, settings: Settings) -> None:
    import_models(written(tmp_path, "team.json", FILES["team.json"]), settings=settings)
    for name in ("Hub-Sharp-3x", "../team", "Unsere Modelle"):
        with pytest.raises(InputError, match=r"no imported catalogue is called '.*'; there are team"):
            forget_catalogue(name, settings)
    assert imported_catalogues(settings)


@pytest.mark.parametrize(
    "value", ["!!bool maybe", '!!int ""', '!!float ""', "!!timestamp x", "!!binary x", "2024-13-45"]
)
def test_a_value_that_is_not_of_its_yaml_tag_is_a_problem(value: str, tmp_path: Path, settings: Settings) -> None:
    [found] = problems(written(tmp_path, "a.yaml", f"- task: ocr\n  id: {value}\n"), settings)
    assert found.startswith("line 2: ")
    assert "that YAML takes it for; put it in quotes" in found or "not YAML" in found


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", '[{"id": "a", "task": "ocr", "id": "b"}]', "record 1 ('b'), field id: stands there more than once"),
        ("a.json", '{"models": [], "models": [{"id": "a", "task": "ocr"}]}', "field models: stands there more"),
        ("a.jsonl", '{"id": "a", "task": "ocr", "task": "depth"}', "line 1, field task: stands there more than once"),
        ("a.yaml", "- id: a\n  task: ocr\n  id: b\n", "line 3, field id: stands there more than once"),
        ("a.json", '{"models": [{"id": "a", "task": "ocr"}], "more": [1]}', 'beside "models" there are more'),
        ("a.yaml", "version: 2\nmodels:\n- id: a\n  task: ocr\n", 'beside "models" there are version'),
    ],
)
def test_nothing_of_a_file_is_passed_over_unsaid(
    name: str, text: str, said: str, tmp_path: Path, settings: Settings
) -> None:
    [found] = problems(written(tmp_path, name, text), settings)
    assert said in found


@pytest.mark.parametrize(
    "id", ["\uff4c\uff49\uff49\uff46-edsr", "l\u0456if-edsr", "LIIF\u2011\u0395DSR", "liif\u2013edsr"]
)
def test_an_id_that_looks_like_another_models_is_taken(id: str, tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path, "a.json", json.dumps([SHARP | {"id": id}]))
    assert "is a model of Apercu's own catalogue already" in problems(path, settings)[0]


def test_greek_letters_that_look_like_no_others_make_an_id_of_its_own(tmp_path: Path, settings: Settings) -> None:
    models = [SHARP | {"id": name} for name in ("\u03b1-Sharp", "a-Sharp", "\u0420\u0435\u0437\u043a\u043e")]
    assert len(import_models(written(tmp_path, "a.json", json.dumps(models)), settings=settings).models) == 3


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\u200e", "\u200f", "\u061c"])
def test_marks_of_direction_and_of_lines_are_refused(character: str, tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path, "a.json", json.dumps([SHARP | {"about": f"a{character}b"}]))
    assert "field about: expected one line of text" in problems(path, settings)[0]


def test_a_link_with_a_character_that_cannot_be_seen_is_refused(tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path, "a.json", json.dumps([SHARP | {"links": ["https://a.example/\u200bx"]}]))
    assert "is no http or https address" in problems(path, settings)[0]
