"""A training goes on with the same bits after any interruption, learns, and says in one line what it cannot do."""

import json
import math
import resource
import signal
import tomllib
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from tiny_set import small_world, tiny_toml

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from apercu.errors import InputError, OutputError, RunError, WeightsError  # noqa: E402
from apercu.models.checkpoint import read_checkpoint  # noqa: E402
from apercu.networks.edsr import EDSR  # noqa: E402
from apercu.networks.fast import FastLIIF  # noqa: E402
from apercu.networks.liif import LIIF  # noqa: E402
from apercu.registry import find_model, weights_path  # noqa: E402
from apercu.train import build, loop  # noqa: E402
from apercu.train.build import build_network  # noqa: E402
from apercu.train.log import Log, read_log  # noqa: E402
from apercu.train.loop import LOG, STATE, train, validate  # noqa: E402
from apercu.train.pictures import load_pictures  # noqa: E402
from apercu.train.publish import save_weights  # noqa: E402
from apercu.train.sampling import Sampler  # noqa: E402
from apercu.train.state import Training, TrainingState  # noqa: E402
from apercu.train.validation import validation_cases  # noqa: E402

CPU = torch.device("cpu")


class Thin(EDSR):
    """Eight channels and one block."""

    out_dim = 8

    def __init__(self) -> None:
        super().__init__(blocks=1, channels=8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small_world(tmp_path_factory.mktemp("set"))


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    """Networks of a few thousand numbers, samples drawn in this process, a line of the log every two steps."""
    monkeypatch.setitem(build.NETWORKS, "thin", lambda: LIIF(Thin(), hidden=(16, 16)))
    monkeypatch.setitem(build.NETWORKS, "thin-fast", lambda: FastLIIF(blocks=1, hidden=8, count=3))
    monkeypatch.setattr(loop, "batches", drawn_here)
    monkeypatch.setattr(loop, "LOG_STEPS", 2)
    yield
    torch.use_deterministic_algorithms(mode=False)


def drawn_here(folder, mix, *, seed, size, steps, workers):
    sampler = Sampler(load_pictures(folder), mix, seed)
    yield from (sampler.batch(step, size) for step in steps)


def training(**changed) -> Training:
    settings = {"network": "thin", "steps": 6, "validate_every": 3, "bf16": False} | changed
    text = tiny_toml(**{key: settings.pop(key) for key in list(settings) if key in tiny_toml.__kwdefaults__})
    return Training.model_validate(tomllib.loads(text) | settings)


def told(lines: list[str] | None = None):
    return (lines if lines is not None else []).append


def run(how: Training, data, folder, **options):
    return train(how, data, folder, report=told(), **options)


def log_of(folder) -> list[dict]:
    """Without how quick it was."""
    return [{k: v for k, v in event.items() if k != "per_second"} for event in read_log(folder / LOG)]


def content(path):
    """Notes and tensors; the notes of a file lie in no fixed order."""
    with safe_open(path, "pt") as file:
        return file.metadata(), load_file(path)


def same_state(path, other) -> bool:
    (about, tensors), (other_about, other_tensors) = content(path), content(other)
    equal = all(torch.equal(tensors[name], other_tensors[name]) for name in tensors)
    return about == other_about and tensors.keys() == other_tensors.keys() and equal


def same(folder, other) -> bool:
    return same_state(folder / STATE, other / STATE) and log_of(folder) == log_of(other)


# --- going on --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("network", ["thin", "thin-fast"])
def test_a_training_in_pieces_ends_with_the_bits_and_the_log_of_one_in_one(data, tmp_path, network: str, bf16: bool):
    how = training(network=network, bf16=bf16)
    whole = run(how, data, tmp_path / "whole")
    for stop in (0, 1, 3, 4, None):
        pieces = run(how, data, tmp_path / "pieces", stop_after=stop)
    assert all(torch.equal(pieces[name], value) for name, value in whole.items())
    assert same(tmp_path / "whole", tmp_path / "pieces")
    assert [(event["step"], "loss" in event) for event in log_of(tmp_path / "whole")] == [
        (2, True), (3, False), (4, True), (6, True), (6, False)
    ]  # fmt: skip


def test_a_training_that_is_finished_stays_as_it_is(data, tmp_path):
    first = run(training(), data, tmp_path)
    state, log = content(tmp_path / STATE)[0], log_of(tmp_path)
    again = run(training(), data, tmp_path)
    assert all(torch.equal(again[name], value) for name, value in first.items())
    assert content(tmp_path / STATE)[0] == state
    assert log_of(tmp_path) == log


def test_a_training_left_early_says_so(data, tmp_path):
    lines: list[str] = []
    train(training(), data, tmp_path, report=told(lines), stop_after=1)
    assert lines == ["left after step 1 of 6; the same command goes on from there"]


def test_ctrl_c_waits_for_the_end_of_the_step_and_writes_the_state(data, tmp_path, monkeypatch):
    learn = TrainingState.learn

    def interrupted(self, batch):
        if self.step == 3:
            signal.raise_signal(signal.SIGINT)
        return learn(self, batch)

    monkeypatch.setattr(TrainingState, "learn", interrupted)
    before, lines = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt):
        train(training(), data, tmp_path / "cut", report=told(lines))
    assert signal.getsignal(signal.SIGINT) is before
    assert "stopping at the end of this step" in lines
    assert content(tmp_path / "cut" / STATE)[0]["step"] == "4"
    monkeypatch.setattr(TrainingState, "learn", learn)
    run(training(), data, tmp_path / "cut")
    run(training(), data, tmp_path / "whole")
    assert same(tmp_path / "cut", tmp_path / "whole")


def test_a_second_ctrl_c_leaves_at_once_and_keeps_no_half_of_a_step(data, tmp_path, monkeypatch):
    step = torch.optim.Adam.step
    calls = []

    def interrupted(self, *args):
        step(self, *args)
        calls.append(1)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)  # the weights have changed, the average and the number have not

    monkeypatch.setattr(torch.optim.Adam, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(training(), data, tmp_path / "cut", save_seconds=0)
    monkeypatch.setattr(torch.optim.Adam, "step", step)
    assert content(tmp_path / "cut" / STATE)[0]["step"] == "3"
    run(training(), data, tmp_path / "cut")
    run(training(), data, tmp_path / "whole")
    assert same(tmp_path / "cut", tmp_path / "whole")


def test_figures_that_an_interrupt_left_no_time_for_are_made_up_for(data, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "validate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(training(), data, tmp_path / "cut")
    monkeypatch.setattr(loop, "validate", validate)
    run(training(), data, tmp_path / "cut")
    run(training(), data, tmp_path / "whole")
    assert same(tmp_path / "cut", tmp_path / "whole")


def test_the_log_takes_back_what_came_after_the_state_and_a_line_cut_off(tmp_path):
    path = tmp_path / LOG
    path.write_text('{"step": 2, "loss": 0.5}\n{"step": 4, "loss": 0.4}\n{"step": 6, "lo')
    log = Log(path, 3)
    log.add({"step": 4, "loss": 0.3})
    assert list(read_log(path)) == [{"step": 2, "loss": 0.5}, {"step": 4, "loss": 0.3}]
    assert log.holds(2, "loss")
    assert not log.holds(2, "validation")


# --- what it learns --------------------------------------------------------------------------------------------------


def test_training_twice_gives_the_same_file_and_another_seed_another(data, tmp_path):
    digests = [
        save_weights(run(training(seed=seed), data, tmp_path / str(i)), tmp_path / f"{i}.safetensors")
        for i, seed in enumerate((1, 1, 2))
    ]
    assert digests[0] == digests[1] != digests[2]


# A fresh LIIF says nothing yet; a fresh quick decoder already interpolates between pixels, and gains less.
@pytest.mark.parametrize(("network", "gain", "falls"), [("thin", 1.0, 0.7), ("thin-fast", 0.1, 0.95)])
def test_it_learns(data, tmp_path, network: str, gain: float, falls: float):
    how = training(network=network, steps=100, batch=4, lr=6e-3, ema=0.9, validate_every=1000)
    torch.manual_seed(how.seed)
    cases = validation_cases(load_pictures(data), few=True)
    start = validate(build_network(network, None).eval(), cases)
    drawn = Sampler(load_pictures(data), how.mix, how.seed)
    untaught, taught = TrainingState(how, CPU), TrainingState(how, CPU)
    weights = run(how, data, tmp_path)
    taught.network.load_state_dict(weights)
    unseen = [drawn.batch(step, 8) for step in range(1000, 1008)]
    first, then = (np.mean([state._loss(batch).item() for batch in unseen]) for state in (untaught, taught))
    assert then < falls * first
    *_, end = (event["validation"] for event in read_log(tmp_path / LOG) if "validation" in event)
    assert set(start) == {"photo", "photo, damaged", "vector"}
    assert all(end[group] > start[group] + gain for group in start), (start, end)


def test_the_learning_rate_rises_then_falls_as_a_cosine_to_a_hundredth():
    state = TrainingState(training(steps=102, warmup=2, lr=1.0), CPU)
    rates = []
    for state.step in (0, 1, 2, 52, 102, 500):
        rates.append(state.rate())
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.505, 0.01, 0.01])


def test_shares_of_other_weights_are_mixed_in_at_the_end_where_the_training_says_so(data, tmp_path, monkeypatch):
    other = tmp_path / "other.safetensors"
    save_weights(build.build_network("thin", None).state_dict(), other)
    known = build.build_network("thin", str(other)).state_dict()
    plain = train(training(), data, tmp_path / "plain", report=told())
    monkeypatch.chdir(tmp_path)
    save_weights(build.build_network("thin", None).state_dict(), Path("thin.safetensors"))
    third = build.build_network("thin", "thin.safetensors").state_dict()
    mixed = train(training(kept={str(other): 0.25}), data, tmp_path / "mixed", report=told())
    assert any(not torch.equal(plain[name], known[name]) for name in plain)
    for name, value in mixed.items():
        assert torch.allclose(value, torch.lerp(plain[name], known[name], 0.25), atol=1e-6)
    twice = train(training(kept={str(other): 0.25, "thin.safetensors": 0.5}), data, tmp_path / "twice", report=told())
    for name, value in twice.items():
        assert torch.allclose(value, 0.25 * plain[name] + 0.25 * known[name] + 0.5 * third[name], atol=1e-6)


def test_weights_of_an_earlier_training_that_are_not_there_are_told_with_the_folder(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"no weights begun/weights.safetensors in {tmp_path}"):
        train(training(start="begun/weights.safetensors"), data, tmp_path / "run", report=told())


@pytest.mark.parametrize("kept", [{"a": 0.0}, {"a": -0.1}, {"a": 0.6, "b": 0.5}, {"a": float("nan")}])
def test_shares_that_are_none_or_more_than_all_are_refused(kept):
    with pytest.raises(ValidationError, match="shares are"):
        training(kept=kept)


def test_weights_to_be_mixed_in_that_do_not_fit_are_refused_before_the_first_step(data, tmp_path):
    with pytest.raises(WeightsError, match="does not fit"):
        train(training(kept={"liif-edsr": 0.2}), data, tmp_path / "run", report=told())
    assert not (tmp_path / "run").exists()


def test_the_average_begins_near_the_weights_and_slows_down(data):
    state = TrainingState(training(ema=0.9), CPU)
    before = {name: value.clone() for name, value in state.average.items()}
    state.learn(Sampler(load_pictures(data), state.training.mix, 1).batch(0, 2))
    # decay of the first step: (1 + 1) / (10 + 1)
    for name, weight in state.network.named_parameters():
        assert torch.allclose(state.average[name], before[name] * 2 / 11 + weight * 9 / 11, atol=1e-7)
    assert any((weight != before[name]).any() for name, weight in state.network.named_parameters())


@pytest.mark.parametrize(("loss", "power"), [("l1", 1), ("l2", 2)])
def test_the_loss_is_the_mean_difference_of_the_places_by_their_weight(data, loss: str, power: int):
    state = TrainingState(training(loss=loss), CPU)
    batch = Sampler(load_pictures(data), state.training.mix, 1).batch(0, 2)
    coord, cell, gt = (torch.from_numpy(part) for part in (batch.coord, batch.cell, batch.gt))
    with torch.no_grad():
        difference = (state.network(loop_input(batch), coord, cell) - (gt / 127.5 - 1)).abs() ** power
    expected = (difference.mean(-1).numpy() * batch.weight).mean()
    assert np.ptp(batch.weight) > 0.1
    assert state._loss(batch).item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_psnr_is_a_tenth_of_the_mean_logarithm_of_each_samples_square(data):
    state = TrainingState(training(loss="psnr"), CPU)
    batch = Sampler(load_pictures(data), state.training.mix, 1).batch(0, 2)
    coord, cell, gt = (torch.from_numpy(part) for part in (batch.coord, batch.cell, batch.gt))
    with torch.no_grad():
        difference = (state.network(loop_input(batch), coord, cell) - (gt / 127.5 - 1)).square()
    squares = (difference.mean(-1).numpy() * batch.weight).mean(-1)
    rounding = (2 / 255) ** 2 / 12  # uniform over a step of 8 bits, in units of [-1, 1]
    assert squares[0] != pytest.approx(squares[1], rel=0.01)
    assert state._loss(batch).item() == pytest.approx(np.log(squares + rounding).mean() / 10, rel=1e-5)


def test_a_teacher_speaks_only_of_undamaged_photographs_and_as_loudly_as_asked(data, tmp_path, monkeypatch):
    monkeypatch.setitem(build.NETWORKS, "liif-edsr", build.NETWORKS["thin"])
    torch.manual_seed(9)
    teacher = build_network("thin", None)
    save_file(teacher.state_dict(), tmp_path / "teacher.safetensors")
    state = TrainingState(training(teacher=str(tmp_path / "teacher.safetensors"), teacher_share=0.25), CPU)
    sampler = Sampler(load_pictures(data), state.training.mix, 1)
    batch = next(b for step in range(50) if len(set((b := sampler.batch(step, 4)).plain)) == 2)
    inp = loop_input(batch)
    coord, cell, gt = (
        torch.from_numpy(batch.coord),
        torch.from_numpy(batch.cell),
        torch.from_numpy(batch.gt) / 127.5 - 1,
    )
    mixed = state._with_teacher(batch, inp, coord, cell, gt)
    with torch.no_grad():
        said = teacher(inp, coord, cell)
    assert torch.equal(mixed[~batch.plain], gt[~batch.plain])
    assert torch.allclose(mixed[batch.plain], (0.75 * gt + 0.25 * said)[batch.plain], atol=1e-5)


def loop_input(batch):
    from apercu.train.state import as_input

    inp = as_input(torch.from_numpy(batch.inp), CPU)
    assert (inp.min() >= -1, inp.max() <= 1, inp.shape[1]) == (True, True, 3)
    return inp


# --- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"lr": 2e-3}, "lr: 0.001 there, 0.002 asked for"),
        ({"seed": 2}, "seed: 1 there, 2 asked for"),
        ({"steps": 8}, "steps: 6 there, 8 asked for"),
        ({"teacher_share": 0.0}, "teacher_share: 0.5 there, 0.0 asked for"),
    ],
)
def test_the_state_of_another_training_is_refused_and_the_difference_named(data, tmp_path, changed, named: str):
    run(training(), data, tmp_path, stop_after=1)
    before = (tmp_path / STATE).read_bytes()
    with pytest.raises(InputError, match="is the state of another training") as caught:
        run(training(**changed), data, tmp_path)
    assert f"({named})" in caught.value.message
    assert "\n" not in caught.value.message
    assert "another folder" in caught.value.hint
    assert (tmp_path / STATE).read_bytes() == before


def test_a_difference_within_the_mix_is_named_by_its_place(data, tmp_path):
    run(training(), data, tmp_path, stop_after=1)
    other = training()
    other = other.model_copy(update={"mix": other.mix.model_copy(update={"side": 12})})
    with pytest.raises(InputError, match=r"\(mix\.side: 8 there, 12 asked for\)"):
        run(other, data, tmp_path)


def test_a_setting_that_is_no_longer_known_is_a_difference_too(data, tmp_path):
    run(training(), data, tmp_path, stop_after=1)
    rewrite(tmp_path / STATE, lambda about: {"training": json.dumps(json.loads(about["training"]) | {"old": 3})})
    with pytest.raises(InputError, match=r"\(old: 3 there, None asked for\)"):
        run(training(), data, tmp_path)


def test_the_state_of_a_training_on_other_pictures_is_refused(data, tmp_path):
    run(training(), data, tmp_path / "run", stop_after=1)
    other = small_world(tmp_path / "other")
    index = (other / "pictures.json").read_text()
    (other / "pictures.json").write_text(index.replace("CC0-1.0", "CC-BY-4.0"))
    with pytest.raises(InputError, match="on other pictures than those given"):
        run(training(), other, tmp_path / "run")


def rewrite(path, change):
    about, tensors = content(path)
    save_file(tensors, path, about | change(about))


def test_a_setting_that_came_later_counts_as_its_default(data, tmp_path):
    run(training(), data, tmp_path / "old", stop_after=2)
    shorter = {key: value for key, value in json.loads(training().model_dump_json()).items() if key != "loss"}
    rewrite(tmp_path / "old" / STATE, lambda about: {"training": json.dumps(shorter)})
    with pytest.raises(InputError, match=r"\(loss: l1 there, l2 asked for\)"):
        run(training(loss="l2"), data, tmp_path / "old")
    run(training(), data, tmp_path / "old")
    assert content(tmp_path / "old" / STATE)[0]["step"] == "6"


def test_a_state_written_before_states_told_of_pictures_and_losses_goes_on(data, tmp_path):
    run(training(), data, tmp_path / "old", stop_after=2)
    about, tensors = content(tmp_path / "old" / STATE)
    save_file(tensors, tmp_path / "old" / STATE, {key: about[key] for key in ("step", "training")})
    run(training(), data, tmp_path / "old")
    run(training(), data, tmp_path / "whole")
    assert same(tmp_path / "old", tmp_path / "whole")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:5],
        lambda data: b"",
        lambda data: b"\xff" * 100,
        lambda data: data.replace(b"network.imnet.layers.0.bias", b"network.imnet.layers.0.bars"),
        lambda data: data.replace(b'"training"', b'"trainong"'),
        lambda data: data.replace(b'"step":"1"', b'"step":"x"'),
        lambda data: data.replace(b'"losses":"[', b'"losses":"{'),
    ],
    ids=["half", "head", "empty", "noise", "name", "note", "step", "losses"],
)
def test_a_damaged_state_is_refused_in_one_line(data, tmp_path, damage):
    run(training(), data, tmp_path, stop_after=1)
    whole = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(damage(whole))
    assert damage(whole) != whole
    with pytest.raises(InputError, match="is not a whole state of a training") as caught:
        run(training(), data, tmp_path)
    assert "\n" not in caught.value.message
    assert "Remove this file" in caught.value.hint


def test_a_folder_without_prepared_pictures_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="holds no training pictures"):
        run(training(), tmp_path, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_style_that_the_set_lacks_is_refused_before_anything_is_written(data, tmp_path):
    how = training()
    how = how.model_copy(update={"mix": how.mix.model_copy(update={"styles": {"ui": 1.0}})})
    with pytest.raises(InputError, match="no pictures of the style ui"):
        run(how, data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_full_disk_leaves_the_last_state_whole(data, tmp_path):
    run(training(), data, tmp_path, stop_after=2)
    before = (tmp_path / STATE).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))  # no file may become larger than this
    try:
        with pytest.raises(OutputError, match=r"state\.safetensors cannot be written, \d+ bytes") as caught:
            run(training(), data, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "untouched" in caught.value.hint
    assert (tmp_path / STATE).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOG, STATE]
    run(training(), data, tmp_path)
    run(training(), data, tmp_path / "whole")
    assert same(tmp_path, tmp_path / "whole")


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_a_loss_or_gradient_that_is_no_number_ends_the_training_and_keeps_the_last_good_weights(
    data, tmp_path, monkeypatch, what: str
):
    loss = TrainingState._loss

    def broken(self, batch):
        value = loss(self, batch)
        if self.step < 3:
            return value
        return value * math.nan if what == "loss" else value + (value * 0).sqrt()

    monkeypatch.setattr(TrainingState, "_loss", broken)
    with pytest.raises(RunError, match="the loss of step 4 is") as caught:
        run(training(), data, tmp_path / "broken")
    assert "below 0.001" in caught.value.hint
    run(training(), data, tmp_path / "good", stop_after=3)
    assert same_state(tmp_path / "broken" / STATE, tmp_path / "good" / STATE)


# --- networks and weights --------------------------------------------------------------------------------------------


def test_weights_are_written_in_half_precision_in_order_and_readable_by_all(tmp_path):
    weights = {"b": torch.tensor([1.0, 2.5]), "a": torch.full((2, 2), 1 / 3)}
    path = tmp_path / "weights.safetensors"
    digest = save_weights(weights, path)
    assert digest == save_weights(dict(reversed(weights.items())), path)
    read = read_checkpoint(path)
    assert list(read) == ["a", "b"]
    assert read["a"].dtype == np.float16
    assert read["a"][0, 0] == np.float16(1 / 3)
    assert path.stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("value", [math.nan, math.inf, 7e4])
def test_weights_that_half_precision_cannot_hold_are_refused(tmp_path, value: float):
    with pytest.raises(RunError, match="a holds numbers that half precision has no place for"):
        save_weights({"a": torch.tensor([value])}, tmp_path / "weights.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_is_not_known_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="no network 'liif-huge'") as caught:
        build_network("liif-huge", None)
    assert "liif-fast" in caught.value.hint


def test_a_network_begins_with_the_weights_of_a_card(settings_here):
    network = build_network("liif-edsr", "liif-edsr")
    state = read_checkpoint(weights_path(find_model("liif-edsr"), settings_here))
    for name, value in network.state_dict().items():
        assert np.array_equal(value.numpy(), np.asarray(state[name], np.float32))


def test_a_network_may_take_the_decoder_alone(settings_here):
    network = build_network("liif-rdn-small", "liif-edsr", only="imnet.").state_dict()
    state = read_checkpoint(weights_path(find_model("liif-edsr"), settings_here))
    decoder = [name for name in network if name.startswith("imnet.")]
    assert len(decoder) == 10
    assert all(np.array_equal(network[name].numpy(), np.asarray(state[name], np.float32)) for name in decoder)
    encoder = build_network("liif-edsr", "liif-edsr", only="imnet.").state_dict()["encoder.body.3.body.0.weight"]
    assert encoder.any()
    assert not np.array_equal(encoder.numpy(), np.asarray(state["encoder.body.3.body.0.weight"], np.float32))
    with pytest.raises(WeightsError, match=r"it has no encoder\.SFENet1\.weight"):
        build_network("liif-rdn-small", "liif-edsr")


def test_the_quick_network_begins_with_the_encoder_and_the_strongest_units_of_a_card(settings_here):
    network = build_network("liif-fast", "liif-edsr").state_dict()
    state = {
        name: np.asarray(value, np.float32)
        for name, value in read_checkpoint(weights_path(find_model("liif-edsr"), settings_here)).items()
    }
    assert np.array_equal(network["encoder.body.5.body.0.weight"].numpy(), state["encoder.body.7.body.0.weight"])
    assert not network["decoder.last.weight"].any()
    lead, bias = state["imnet.layers.0.weight"], state["imnet.layers.0.bias"]
    first = network["decoder.first.weight"].numpy().reshape(len(network["decoder.first.bias"]), -1)
    rows = [int(np.flatnonzero((lead[:, :576] == unit).all(axis=1))[0]) for unit in first]
    assert rows == sorted(set(rows))
    assert np.array_equal(network["decoder.first.bias"].numpy(), bias[rows])
    assert np.array_equal(network["decoder.cell.weight"].numpy(), lead[rows, 578:])
    strength = np.linalg.norm(lead[:, :576], axis=1) * np.linalg.norm(state["imnet.layers.2.weight"], axis=0)
    left_out = np.delete(strength, rows)
    assert not left_out.size or left_out.max() <= strength[rows].min()


def test_the_decoder_may_learn_at_a_rate_of_its_own(data):
    batch = Sampler(load_pictures(data), training().mix, 1).batch(0, 2)
    moved = {}
    for decoder_lr in (None, 3e-3):
        state = TrainingState(training(decoder_lr=decoder_lr), CPU)
        before = {name: value.detach().clone() for name, value in state.network.named_parameters()}
        state.learn(batch)
        moved[decoder_lr] = {name: (v.detach() - before[name]) for name, v in state.network.named_parameters()}
    for name, step in moved[None].items():
        share = 1.0 if name.startswith("encoder.") else 3.0
        assert torch.allclose(moved[3e-3][name], share * step, atol=1e-6), name


@pytest.fixture
def settings_here():
    from apercu.settings import load_settings

    return load_settings()


def test_weights_of_another_network_are_refused_and_the_first_misfit_named(tmp_path):
    save_file(build_network("thin", None).state_dict(), tmp_path / "thin.safetensors")
    with pytest.raises(
        WeightsError, match=r"thin\.safetensors does not fit: it has no encoder\.head\.0\.weight of the"
    ):
        build_network("liif-edsr", str(tmp_path / "thin.safetensors"))
