"""A run of training: what it learns, that it can be stopped anywhere, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap

import attrs
import pytest
import torch

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import ConfigError, DjtransError, FormatError, InputError
from djtrans.datasets.batch import Batch
from djtrans.diffusion.checkpoint import read_model
from djtrans.training.optimizer import build_optimizer
from djtrans.training.options import TrainOptions
from djtrans.training.random_streams import NOISE, generator
from djtrans.training.trainer import train
from tests.helpers.training import Ramps, small_network, small_record

OPTIONS = TrainOptions(
    steps=30,
    batch_size=4,
    lr=3e-3,
    warmup_steps=5,
    save_every=10,
    validate_every=10,
    validation_batches=2,
    seed=3,
)


def run(folder, options=OPTIONS, source=None, **more):
    return train(small_network(), small_record(), source or Ramps(), folder, options, **more)


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_it_learns_and_leaves_what_it_promises(tmp_path):
    seen = []
    result = run(tmp_path, attrs.evolve(OPTIONS, steps=120, save_every=60), progress=seen.append)
    assert result.step == 120
    assert not result.interrupted
    names = {file.name for file in tmp_path.iterdir() if not file.name.startswith(".")}
    assert names == {
        "metrics.csv",
        "validation.csv",
        "best_model.pt",
        "checkpoint_60.pt",
        "checkpoint_120.pt",
    }
    table = rows(tmp_path)
    assert [int(row["step"]) for row in table] == list(range(1, 121))
    assert len(seen) == 120
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == ("steps", 120, 120)
    validation = float(table[-1]["validation_loss"])  # six digits
    assert seen[-1].metrics["validation_loss"] == pytest.approx(validation, rel=1e-5)
    validated = [float(row["validation_loss"]) for row in table if row["validation_loss"]]
    assert len(validated) == 12
    assert min(validated) == pytest.approx(result.best, rel=1e-5)
    first, last = (sum(float(r["loss"]) for r in part) for part in (table[:20], table[-20:]))
    assert last < 0.7 * first
    record, weights = read_model(tmp_path / "best_model.pt")
    assert attrs.evolve(record, card={}) == small_record()
    trained = record.card["trained"]
    assert trained["validation_loss"] == pytest.approx(result.best, rel=1e-5)
    assert validated[trained["steps"] // 10 - 1] == pytest.approx(result.best, rel=1e-5)
    small_network().load_state_dict(weights)


def test_a_resumed_run_has_the_losses_of_an_uninterrupted_one(tmp_path):
    run(tmp_path / "whole")
    part, again = tmp_path / "part", tmp_path / "again"
    run(part)
    resumed = run(again, resume=part / "checkpoint_10.pt")
    assert resumed.step == 30
    loss = [[row[c] for c in ("step", "loss", "grad_norm", "lr")] for row in rows(again)]
    assert loss == [
        [row[c] for c in ("step", "loss", "grad_norm", "lr")]
        for row in rows(tmp_path / "whole")[10:]
    ]
    whole, other = (d / "checkpoint_30.pt" for d in (tmp_path / "whole", again))
    assert whole.read_bytes() == other.read_bytes()


def test_resumed_in_place_the_log_has_each_step_once(tmp_path):
    run(tmp_path)
    run(tmp_path, resume=tmp_path / "checkpoint_20.pt")
    assert [int(row["step"]) for row in rows(tmp_path)] == list(range(1, 31))


def test_an_interrupt_saves_and_the_run_goes_on(tmp_path):
    def interrupt(event):
        if event.done == 7:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)  # a job in the background begins with it ignored
    stopped = run(tmp_path, progress=interrupt)
    assert stopped.interrupted
    assert stopped.step == 7
    assert stopped.checkpoint == tmp_path / "checkpoint_7.pt"
    result = run(tmp_path, resume=stopped.checkpoint)
    assert result.step == 30
    assert [int(row["step"]) for row in rows(tmp_path)] == list(range(1, 31))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_goes_on_only_as_it_was_begun(tmp_path):
    run(tmp_path)
    with pytest.raises(FormatError, match=r"started with lr = 0.003 \(now 0.1\)"):
        run(tmp_path, attrs.evolve(OPTIONS, lr=0.1), resume=tmp_path / "checkpoint_10.pt")
    with pytest.raises(FormatError, match=r"steps = 30 \(now 60\)"):  # it had begun to fall
        run(tmp_path, attrs.evolve(OPTIONS, steps=60), resume=tmp_path / "checkpoint_30.pt")
    longer = attrs.evolve(OPTIONS, steps=35)
    assert run(tmp_path, longer, resume=tmp_path / "checkpoint_10.pt").step == 35
    with pytest.raises(FormatError, match="There is no checkpoint"):
        run(tmp_path, resume=tmp_path / "checkpoint_11.pt")
    with pytest.raises(FormatError, match="does not match this network"):
        train(
            small_network(width=12),
            small_record(),
            Ramps(),
            tmp_path,
            OPTIONS,
            resume=tmp_path / "checkpoint_10.pt",
        )


def test_the_averaged_weights_equal_the_formula(tmp_path):
    weights = []
    network = small_network()

    def keep(event):
        weights.append({k: v.clone() for k, v in network.state_dict().items()})

    mean = {k: v.clone() for k, v in network.state_dict().items()}
    options = attrs.evolve(OPTIONS, steps=4, ema_decay=0.3)
    train(network, small_record(), Ramps(), tmp_path, options, progress=keep)
    for n, now in enumerate(weights):
        decay = min(0.3, (1 + n) / (10 + n))
        mean = {k: decay * mean[k] + (1 - decay) * now[k] for k in mean}
    _, saved = read_model(tmp_path / "checkpoint_4.pt")
    for name, value in mean.items():
        assert torch.allclose(saved[name], value, atol=1e-6)


def test_the_learning_rate_rises_stays_and_falls():
    options = TrainOptions(steps=100, lr=1.0, warmup_steps=10, decay=0.2)
    assert options.lr_at(0) == 0.1
    assert options.lr_at(9) == options.lr_at(79) == 1.0
    assert options.lr_at(90) == pytest.approx(0.5)
    assert options.lr_at(99) == pytest.approx(0.05)
    assert TrainOptions.from_json(options.to_json()) == options
    with pytest.raises(ConfigError, match="batch_size"):
        TrainOptions(batch_size=0)
    with pytest.raises(ConfigError, match=r"batch_size = 1180591620717411303424 .* 65536"):
        TrainOptions(batch_size=2**70)


def test_missing_encoders_are_dropped(tmp_path):
    class Missing(Ramps):
        def batch(self, index, size, *, validation=False, group=1):
            batch = super().batch(index, size, validation=validation)
            shouting = Conditioning(batch.conditioning.per_frame + 1e6, batch.conditioning.global_)
            return Batch(batch.curves, shouting, torch.ones_like(batch.missing))

    quiet = run(tmp_path / "missing", source=Missing())
    assert quiet.best < 10.0


def test_running_out_of_memory_suggests_a_smaller_batch(tmp_path):
    class Full(Ramps):
        def batch(self, index, size, *, validation=False, group=1):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    with pytest.raises(InputError, match=r"batch size 4: lower it \(--batch-size\)"):
        run(tmp_path, source=Full())
    with pytest.raises(InputError, match="amp computes in bfloat16"):
        run(tmp_path, attrs.evolve(OPTIONS, amp=True))


@pytest.mark.slow
@pytest.mark.parametrize("accumulate", [1, 2])
def test_two_processes_average_their_gradients(tmp_path, accumulate):
    script = tmp_path / "two.py"
    script.write_text(
        textwrap.dedent(
            """
            import json, os, sys, torch
            torch.set_num_threads(1)
            from djtrans.training.options import TrainOptions
            from djtrans.training.trainer import train
            from tests.helpers.training import Ramps, small_network, small_record

            folder = sys.argv[1]
            network = small_network()
            options = TrainOptions(**json.loads(sys.argv[2]))
            train(network, small_record(), Ramps(), folder, options)
            weights = torch.cat([w.flatten() for w in network.parameters()])
            out = os.path.join(folder, f"rank{os.environ.get('RANK', 'alone')}.json")
            with open(out, "w") as file:
                json.dump(weights.tolist(), file)
            """
        )
    )
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": "lo",
        "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path]),
    }
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    chosen = {"steps": 1, "batch_size": 4, "warmup_steps": 0, "validation_batches": 3, "seed": 3}
    chosen["accumulate"] = accumulate
    arguments = [*command, str(script), str(tmp_path), json.dumps(chosen)]
    subprocess.run(arguments, env=environment, check=True, capture_output=True)
    one, two = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1))
    assert one == two
    assert len(rows(tmp_path)) == 1
    # Three validation batches, two of one process and one of the other, count alike.
    found = validations(tmp_path)
    counts = {"early": 0, "late": 0}
    for index in range(3):
        for technique in Ramps().batch(index, 2, validation=True).techniques:
            counts[technique] += 1
    named = {name: n for name, n in counts.items() if n}
    mean = sum(n * found[1, f"loss/{name}"] for name, n in named.items()) / 6
    assert found[1, "loss"] == pytest.approx(mean, rel=1e-4)
    # Alone, on the mean of both gradients, the same step leads to the same weights.
    options, network = TrainOptions(**chosen), small_network()
    optimizer = build_optimizer(network, options)
    for index in range(2 * accumulate):
        batch = Ramps().batch(index, 2)
        draw = options.objective.sample(network, batch.curves, generator(3, NOISE, index))
        loss = options.objective.loss(network, batch.curves, batch.conditioning, draw)
        (loss.total / (2 * accumulate)).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip_norm)
    optimizer.step()
    weights = torch.cat([w.flatten() for w in network.parameters()])
    assert torch.allclose(weights, torch.tensor(one), atol=1e-6)
    assert not torch.allclose(
        weights, torch.cat([w.flatten() for w in small_network().parameters()]), atol=1e-5
    )


class Broken(Ramps):
    """Batches of which one, or the validation, is not a number."""

    def __init__(self, step=None, *, validation=False):
        self.step, self.validation = step, validation

    def batch(self, index, size, *, validation=False, group=1):
        batch = super().batch(index, size, validation=validation)
        broken = self.validation if validation else index == self.step
        return attrs.evolve(batch, curves=batch.curves * (float("nan") if broken else 1.0))


def test_a_loss_that_is_no_number_ends_the_run_with_the_last_good_checkpoint(tmp_path):
    message = rf"The loss of step 15 is nan; the last checkpoint is {tmp_path}/checkpoint_10.pt"
    with pytest.raises(InputError, match=message):
        run(tmp_path, source=Broken(14))
    _, weights = read_model(tmp_path / "checkpoint_10.pt")
    assert all(bool(torch.isfinite(weight).all()) for weight in weights.values())
    assert len(rows(tmp_path)) == 14


def test_a_validation_loss_that_is_no_number_ends_the_run(tmp_path):
    with pytest.raises(InputError, match=r"The validation loss of step 10 is nan; .* is none"):
        run(tmp_path, source=Broken(validation=True))
    assert not (tmp_path / "best_model.pt").exists()


def test_the_best_model_of_a_run_goes_along_when_it_is_resumed_elsewhere(tmp_path):
    first = run(tmp_path / "a")
    assert first.best_model == tmp_path / "a" / "best_model.pt"
    checkpoint = tmp_path / "a" / "checkpoint_30.pt"
    done = run(tmp_path / "b", resume=checkpoint)  # no step is left, so nothing is validated
    assert done.best_model == tmp_path / "b" / "best_model.pt"
    assert done.best_model.read_bytes() == first.best_model.read_bytes()


def test_without_its_best_model_a_resumed_run_chooses_a_new_one(tmp_path):
    run(tmp_path / "a")
    (tmp_path / "a" / "best_model.pt").unlink()
    with pytest.warns(UserWarning, match=r"There is no best_model.pt beside .*checkpoint_30"):
        done = run(tmp_path / "b", resume=tmp_path / "a" / "checkpoint_30.pt")
    assert done.best_model is None
    with pytest.warns(UserWarning, match=r"There is no best_model.pt beside"):
        done = run(tmp_path / "c", resume=tmp_path / "a" / "checkpoint_20.pt")
    assert done.best_model == tmp_path / "c" / "best_model.pt"
    assert done.best_model.is_file()


def test_another_run_is_not_replaced(tmp_path):
    run(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(InputError, match=r"best_model.pt of another run; .*checkpoint_30.pt"):
        run(tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_table_of_the_user_is_not_replaced(tmp_path):
    (tmp_path / "metrics.csv").write_text("date,price\n")
    with pytest.raises(InputError, match=r"metrics\.csv exists and was not written by djtrans"):
        run(tmp_path)
    assert (tmp_path / "metrics.csv").read_text() == "date,price\n"


def card(*digests, **facts):
    return attrs.evolve(small_record(), card={"data": facts, "data_digests": list(digests)})


def test_a_run_is_resumed_with_the_same_data_only(tmp_path):
    train(small_network(), card("1a", pairs=10), Ramps(), tmp_path / "a", OPTIONS)
    checkpoint = tmp_path / "a" / "checkpoint_10.pt"

    def resume(record):
        return train(small_network(), record, Ramps(), tmp_path / "b", OPTIONS, resume=checkpoint)

    for record, match in (
        (card("2b", pairs=8), r"dataset 1 of 1 differs \(pairs was 10, is 8\)"),
        (card("2b", pairs=10), "of the same size, with other content"),
        (card("1a", "3c", pairs=10), "it had 1 datasets, now there are 2"),
    ):
        with pytest.raises(FormatError, match=f"was trained on other data: .*{match}"):
            resume(record)
    assert resume(card("1a", pairs=10)).step == 30


def test_a_checkpoint_of_an_earlier_version_is_resumed_with_a_warning(tmp_path):
    run(tmp_path / "a")
    with pytest.warns(UserWarning, match="does not record the digest of its training data"):
        train(
            small_network(), card("1a"), Ramps(), tmp_path / "b", OPTIONS,
            resume=tmp_path / "a" / "checkpoint_10.pt",
        )  # fmt: skip


def losses(folder):
    return [[row[name] for name in ("step", "loss", "grad_norm", "lr")] for row in rows(folder)]


def test_worker_processes_change_nothing(tmp_path):
    run(tmp_path / "a")
    run(tmp_path / "b", attrs.evolve(OPTIONS, loader_workers=2))
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    again = attrs.evolve(OPTIONS, loader_workers=1)
    run(tmp_path / "c", again, resume=tmp_path / "b" / "checkpoint_10.pt")
    assert losses(tmp_path / "c") == losses(tmp_path / "a")[10:]


class Deadly(Ramps):
    def batch(self, index, size, *, validation=False, group=1):
        if index == 12:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().batch(index, size, validation=validation)


def test_a_killed_worker_ends_the_run_with_one_message(tmp_path):
    with pytest.raises(DjtransError, match=r"A process that prepares batches was killed"):
        run(tmp_path, attrs.evolve(OPTIONS, loader_workers=1), source=Deadly())


def test_an_interrupt_with_workers_saves(tmp_path):
    def interrupt(event):
        if event.done == 7:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = run(tmp_path, attrs.evolve(OPTIONS, loader_workers=1), progress=interrupt)
    assert stopped.interrupted
    assert stopped.checkpoint == tmp_path / "checkpoint_7.pt"


def test_accumulated_gradients_are_those_of_the_mean(tmp_path):
    options = attrs.evolve(OPTIONS, steps=1, accumulate=3, warmup_steps=0)
    network, expected = small_network(), small_network()
    train(network, small_record(), Ramps(), tmp_path, options)
    optimizer = build_optimizer(expected, options)
    total = 0.0
    for index in range(3):
        batch = Ramps().batch(index, 4)
        draw = options.objective.sample(expected, batch.curves, generator(3, NOISE, index))
        loss = options.objective.loss(expected, batch.curves, batch.conditioning, draw).total / 3
        loss.backward()
        total += float(loss.detach())
    norm = torch.nn.utils.clip_grad_norm_(expected.parameters(), options.clip_norm)
    optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = options.lr_at(0)
    optimizer.step()
    for name, weight in expected.state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], weight, rtol=1e-5, atol=1e-6)
    assert float(rows(tmp_path)[0]["loss"]) == pytest.approx(total, rel=1e-4)
    assert float(rows(tmp_path)[0]["grad_norm"]) == pytest.approx(float(norm), rel=1e-4)


def test_a_resumed_run_with_accumulation_goes_on_with_the_next_batches(tmp_path):
    options = attrs.evolve(OPTIONS, accumulate=2)
    run(tmp_path / "whole", options)
    run(tmp_path / "again", options, resume=tmp_path / "whole" / "checkpoint_20.pt")
    assert losses(tmp_path / "again") == losses(tmp_path / "whole")[20:]
    with pytest.raises(FormatError, match=r"accumulate = 2 \(now 1\)"):
        run(tmp_path / "other", resume=tmp_path / "whole" / "checkpoint_20.pt")


def validations(folder):
    with (folder / "validation.csv").open(newline="") as lines:
        return {
            (int(row["step"]), row["name"]): float(row["value"]) for row in csv.DictReader(lines)
        }


def test_a_run_ends_when_its_validation_no_longer_improves(tmp_path):
    # Without learning, the averaged weights and so the validation loss stay as they are.
    options = attrs.evolve(OPTIONS, lr=0.0, patience=2, validate_every=4)
    seen = []
    result = run(tmp_path, options, progress=seen.append)
    assert result.stopped_early
    assert not result.interrupted
    assert (result.step, result.checkpoint) == (12, tmp_path / "checkpoint_12.pt")
    assert result.checkpoint.is_file()
    # The count of validations is part of the state.
    early = attrs.evolve(options, save_every=8)
    run(tmp_path / "a", early)
    again = run(tmp_path / "b", early, resume=tmp_path / "a" / "checkpoint_8.pt")
    assert (again.step, again.stopped_early) == (12, True)
    more = attrs.evolve(options, patience=0)
    assert run(tmp_path / "c", more, resume=tmp_path / "a" / "checkpoint_8.pt").step == 30


def test_validation_is_by_technique(tmp_path):
    seen = []
    run(tmp_path, progress=seen.append)
    found = validations(tmp_path)
    assert {step for step, _ in found} == {10, 20, 30}
    assert {name for _, name in found} == {"loss", "loss/early", "loss/late"}
    counts = {"early": 0, "late": 0}
    for index in range(OPTIONS.validation_batches):
        for technique in Ramps().batch(index, 4, validation=True).techniques:
            counts[technique] += 1
    assert sum(counts.values()) == 8
    for step in (10, 20, 30):
        mean = sum(n * found[step, f"loss/{name}"] for name, n in counts.items()) / 8
        assert found[step, "loss"] == pytest.approx(mean, rel=1e-4)
    assert seen[9].metrics["validation/loss/late"] == pytest.approx(
        found[10, "loss/late"], rel=1e-4
    )
    # A resumed run has the results of later steps once.
    run(tmp_path, resume=tmp_path / "checkpoint_20.pt")
    assert validations(tmp_path) == found
    lines = (tmp_path / "validation.csv").read_text().splitlines()
    assert len(lines) == 1 + len(found)


def test_a_monitor_sees_averaged_weights_and_its_results_are_logged(tmp_path):
    from matplotlib.figure import Figure

    network, seen, events = small_network(), [], []

    def monitor(step):
        assert not network.training
        seen.append({name: w.clone() for name, w in network.state_dict().items()})
        return {"curves/jitter": step / 10, "": Figure(), "more": Figure()}

    train(
        network, small_record(), Ramps(), tmp_path, OPTIONS, monitor=monitor,
        progress=events.append,
    )  # fmt: skip
    assert len(seen) == 3
    _, averaged = read_model(tmp_path / "checkpoint_30.pt")
    assert all(torch.equal(seen[-1][name], weight) for name, weight in averaged.items())
    # Training goes on with its own weights.
    alone = small_network()
    train(alone, small_record(), Ramps(), tmp_path / "alone", OPTIONS)
    assert all(
        torch.equal(network.state_dict()[name], weight)
        for name, weight in alone.state_dict().items()
    )
    assert validations(tmp_path)[20, "curves/jitter"] == 2.0
    pictures = events[19].pictures
    assert pictures == {
        "": tmp_path / "validation" / "step_00020.png",
        "more": tmp_path / "validation" / "step_00020_more.png",
    }
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in pictures.values())
    assert events[19].metrics["validation/curves/jitter"] == 2.0
    assert not events[18].pictures
