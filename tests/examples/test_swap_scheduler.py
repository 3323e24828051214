"""Every scheduler samples the same model, here an untrained one."""

from __future__ import annotations

from pathlib import Path

import djtrans
from djtrans.core.contracts.component import ComponentRecord
from djtrans.diffusion.building import build_network
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord, save_model

ROOT = Path(__file__).resolve().parents[2]


def test_each_scheduler_is_compared_with_its_own_many_steps(run_script, tmp_path):
    nothing = ComponentRecord(name="djtrans/none", version=1)
    record = ModelRecord(
        layout=djtrans.mixer_layout("dj54"),
        stems=("drums", "bass", "vocals", "other"),
        frames_per_beat=2,
        denoiser=ComponentRecord(
            name="djtrans/dit", version=1, config={"width": 16, "depth": 1, "heads": 1}
        ),
        encoders=(EncoderRecord(component=nothing, per_frame=0, global_=0),),
        scheduler=ComponentRecord(name="djtrans/flow", version=1),
    )
    save_model(tmp_path / "model.safetensors", record, build_network(record)[0].state_dict())
    script = ROOT / "examples" / "swap_scheduler.py"
    done = run_script(script, tmp_path / "model.safetensors", "--steps", 5, "--fine", 5)
    assert done.returncode == 0, done.stderr
    names = [c.name for c in djtrans.Registry(discover=False).components("scheduler")]
    assert len(names) >= 4
    # As many steps as the comparison has: the same seed gives the same curves.
    assert done.stdout.splitlines() == [f"{name}: 0.000 rms from 5 steps" for name in names]
