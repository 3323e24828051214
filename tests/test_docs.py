"""What the pages say is true: code runs, links lead somewhere, names are those of the code."""

from __future__ import annotations

import inspect
import json
import os
import pkgutil
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import attrs
import click
import pytest

from djtrans.cli import cli
from djtrans.core.contracts import hooks
from djtrans.core.contracts.kinds import CONTRACTS, KINDS, plural
from djtrans.core.registration import discovery
from djtrans.core.transition.params_file import Provenance
from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.metrics import metric_values
from djtrans.mixer.resolve import mixer_layout
from djtrans.planning.options import WINDOW_BARS
from djtrans.refinement import RefinementConfig
from djtrans.registry import Registry

pytestmark = pytest.mark.usefixtures("warm_cache")

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    "README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
]
KIND_PAGES = [page for page in PAGES if page.startswith("docs/plugins/")]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(page), flags=re.M | re.S)


def inline(page: str) -> list[str]:
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.M | re.S)
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)


def rows(page: str, header: str) -> list[list[str]]:
    """The cells of the table whose first column has this header."""
    table = re.search(rf"^\| {re.escape(header)} \|.*\n\|[-| ]+\n((?:\|.*\n?)+)", read(page), re.M)
    assert table, f"{page} has no table under {header!r}"
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table[1].splitlines()
    ]


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the code in the pages finds where it runs: two tracks and their stems."""
    from djtrans import TrackSpec, save_stems, synthesize, write_audio

    here = tmp_path_factory.mktemp("docs")
    (here / "stems").mkdir()
    for name, bpm, tonic, seed in (("track_a", 172.0, 9, 1), ("track_b", 170.0, 4, 2)):
        spec = TrackSpec(
            bpm=bpm,
            tonic=tonic,
            seed=seed,
            structure=(("intro", 8), ("drop", 8), ("outro", 8)),
            sample_rate_hz=22050,
        )
        track = synthesize(spec)
        write_audio(here / f"{name}.wav", track.audio, track.sample_rate)
        save_stems(track.stems, here / "stems" / name)
    return here


def run_pages(folder: Path, pages: dict[str, str]) -> dict[str, dict[str, str]]:
    """Run the Python blocks of pages, each as one script with what is given after it.

    One process runs them all; for each page, what it printed, and how it failed or "".
    """
    scripts = {page: folder / f"{page.replace('/', '_')}.py" for page in pages}
    for page, after in pages.items():
        scripts[page].write_text("\n".join([*blocks(page, "python"), after]))
    # That demucs has no weights here is nothing the page has to warn of.
    no_weights = "ignore:The stems are made by 'spectral':UserWarning"
    warnings = ("-W", "error::UserWarning", "-W", no_weights)
    done = subprocess.run(
        [sys.executable, *warnings, "-m", "tests.helpers.run_scripts", *scripts.values()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    return {page: results[str(script)] for page, script in scripts.items()}


def lines_of(result: dict[str, str]) -> list[str]:
    assert result["failure"] == ""
    return result["printed"].splitlines()


def promised(page: str) -> list[str]:
    """What the blocks of a page say that they print: ``print(x)  # 54``."""
    lines = "\n".join(blocks(page, "python")).splitlines()
    said = [re.search(r"print\(.*\)  # ((?:\d|\[|\(|torch)[^:]*)", line) for line in lines]
    return [match[1] for match in said if match]


README_CHECKS = """
import sys
from djtrans.pipeline.curve_generation import generate_params
assert torch.equal(again.audio, transition.audio)
assert abs(mixed_audio.shape[-1] / 22050 - 64 * 60 / 172) < 0.01
assert tuple(params.values.shape) == (128, 54)
registry.register(sys.modules["__main__"], "mine")
plan = djtrans.plan_transition(analysis_a, analysis_b, technique="quick-fade")
assert (plan.technique, plan.bars) == ("mine/quick-fade", 8)
request = djtrans.CurveRequest(mixer.layout, plan.n_frames, plan.swap_beat)
drawn = generate_params(QuickFade(None), request, torch.tensor(plan.beat_times))
assert float(drawn.row("b/bass/fader/gain")[16]) == 0.5
assert float(drawn.row("a/bass/fader/gain")[48]) == 0.5
"""

EFFECT_CHECKS = """
ctx = djtrans.RenderContext(8000, torch.arange(5).double() / 2, torch.arange(9).double() / 4)
effect = Tremolo(TremoloConfig())
audio = torch.randn(2, 2, 16000)
curves = {"depth": torch.rand(2, 16000)}
whole, _ = effect.process(audio, curves, ctx, effect.init_state(2, 2, ctx))
state, parts = effect.init_state(2, 2, ctx), []
for start, stop in ((0, 1), (1, 777), (777, 16000)):
    part = {"depth": curves["depth"][:, start:stop]}
    out, state = effect.process(audio[..., start:stop], part, ctx, state)
    parts.append(out)
assert (torch.cat(parts, -1) - whole).abs().max() < 1e-5
# Two beats a second, one period per half beat: sin(4 pi t)^2 is the dip.
dip = torch.sin(4 * math.pi * torch.arange(16000).double() / 8000) ** 2
assert (whole - audio * (1 - curves["depth"] * dip).unsqueeze(1).float()).abs().max() < 1e-4
neutral, _ = effect.process(audio, {"depth": torch.zeros(2, 16000)}, ctx, 0)
assert torch.equal(neutral, audio)
values = torch.tensor(mixer.layout.neutral).repeat(8, 1)
silent = torch.zeros(4, 1, 8000)
noise = torch.randn(4, 1, 8000) / 4
plain = mixer(noise, silent, values, sample_rate=8000).mix
values[:, mixer.layout.index("a/track/tremolo/depth")] = 1
dipped = mixer(noise, silent, values, sample_rate=8000).mix
assert (plain - noise.sum(0)).abs().max() < 1e-5
assert dipped.square().mean() < 0.6 * plain.square().mean()
"""


@pytest.fixture(scope="module")
def results(folder):
    """The results of the pages whose code takes a moment; the last adds to the registry."""
    quick = dict.fromkeys([*KIND_PAGES, "docs/parameters.md"], "")
    return run_pages(
        folder, {**quick, "docs/plugins.md": EFFECT_CHECKS, "README.md": README_CHECKS}
    )


def test_the_code_of_the_readme_runs(folder, results):
    printed = lines_of(results["README.md"])
    assert len(promised("README.md")) >= 4
    assert [line for line in printed if line in promised("README.md")] == promised("README.md")
    assert (folder / "transition.png").read_bytes().startswith(b"\x89PNG")


def test_the_effect_in_the_plugin_page_keeps_its_contract(results):
    assert promised("docs/plugins.md") == lines_of(results["docs/plugins.md"])


@pytest.mark.parametrize("page", KIND_PAGES)
def test_the_example_of_each_kind_runs_and_keeps_its_rules(page, results):
    (said,) = blocks(page, "text")
    assert re.match(r"rules run: [1-9]", said)
    assert sorted(lines_of(results[page])) == sorted([*said.splitlines(), *promised(page)])


def test_every_kind_has_its_page():
    assert {Path(page).stem for page in KIND_PAGES} == {plural(kind) for kind in KINDS}
    for page in KIND_PAGES:
        assert f"djtrans_{Path(page).stem}" in inline(page)


@pytest.mark.slow
def test_the_code_of_the_first_page_runs(folder):
    page = "docs/get-started.md"
    printed = lines_of(run_pages(folder, {page: ""})[page])
    assert len(promised(page)) == 2
    assert set(promised(page)) <= set(printed)


def test_the_code_of_the_parameter_page_runs(results):
    page = "docs/parameters.md"
    assert [line for line in lines_of(results[page]) if line in promised(page)] == promised(page)


@pytest.mark.slow
def test_the_code_of_the_params_file_page_runs(folder):
    import djtrans

    a, b, page = folder / "track_a.wav", folder / "track_b.wav", "docs/params-file.md"
    stems = {"stems_a": folder / "stems/track_a", "stems_b": folder / "stems/track_b"}
    generated = djtrans.generate(a, b, bars=8, device="cpu", **stems)
    generated.save_params(folder / "transition.json")
    printed = lines_of(run_pages(folder, {page: ""})[page])
    assert [line for line in printed if line in promised(page)] == promised(page)
    edited = djtrans.render(folder / "edited.json", a, b, device="cpu")
    send = edited.params.row("a/track/reverb/send")
    assert send.tolist() == [0.0] * 31 + [0.5] * 32 + [0.0]


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.M)
            slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor in slugs, f"{page} links to {target}"


@pytest.mark.parametrize(
    ("index", "below"),
    [
        ("docs/README.md", "docs"),
        ("docs/plugins.md", "docs/plugins"),
        ("docs/api/index.md", "docs/api"),
    ],
)
def test_every_page_is_in_the_index_of_its_folder(index, below):
    targets = re.findall(r"\]\(([\w/-]+\.md)\)", read(index))
    linked = {(Path(index).parent / target).as_posix() for target in targets}
    assert {page for page in PAGES if Path(page).parent.as_posix() == below} - {index} <= linked


def test_every_page_has_its_place_on_the_site():
    nav = read("mkdocs.yml").partition("\nnav:\n")[2]
    placed = re.findall(r"([\w/-]+\.md)$", nav, flags=re.M)
    assert len(placed) == len(set(placed))
    own = {f"docs/{name}" for name in placed if not name.startswith("repository/")}
    assert own == set(PAGES) - {"README.md"}


def test_every_documented_area_of_the_reference_exists():
    named = [name for page in PAGES for name in re.findall(r"^::: (\S+)$", read(page), re.M)]
    assert len(named) > 50
    for name in named:
        assert pkgutil.resolve_name(name), name


def test_the_citation_is_that_of_the_file():
    page, file = read("docs/citation.md"), read("CITATION.cff")
    for key in ("title", "version"):
        (value,) = re.findall(rf"^{key}: \"?([^\"\n]+)", file, flags=re.M)
        assert re.search(rf"{key} += {{{re.escape(value)}}}", page), key


def test_the_checkpoint_page_names_every_field_of_the_record():
    said = {name for cells in rows("docs/checkpoints.md", "field") for name in ticked(cells[0])}
    fields = {field.name for field in attrs.fields(ModelRecord)}
    assert said == fields | {"format", "format_version", "layout_digest"}


def test_every_file_that_the_readme_names_exists():
    named = [name for name in inline("README.md") if re.match(r"(djtrans|docs|examples)/", name)]
    assert len(named) > 8
    for name in named:
        assert (ROOT / name).exists(), name


def test_the_readme_installs_the_tested_torch():
    named = re.findall(r"\b(torch|torchaudio)==([\d.]+)", read("README.md"))
    assert len(named) == 2
    for name, version in named:
        assert f"\n{name}=={version}\n" in read("constraints.txt")


def test_the_table_of_a_transition_names_what_it_has():
    from djtrans import Transition

    said = {
        name.removesuffix("()")
        for cells in rows("README.md", "attribute of a `Transition`")
        for name in ticked(cells[0])
    }
    assert len(said) > 10
    assert said <= set(dir(Transition))


# -- the command line ----------------------------------------------------------------------------


def command_lines(page: str) -> list[str]:
    """Lines of shell blocks, and inline code, that call ``djtrans`` with arguments."""
    lines = [line for block in blocks(page, "bash") for line in block.splitlines()]
    return [line for line in lines + inline(page) if re.match(r"djtrans [a-z-]", line)]


def options(command: click.Command) -> set[str]:
    return {name for p in command.params for name in p.opts if name.startswith("-")} | {"--help"}


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None, name
    return found


def check_command_line(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    known: click.Command = cli
    for word in words:
        # A negative number is a value.
        if word.startswith("-") and not re.fullmatch(r"-[\d.]+", word):
            assert word in options(known), f"{word} in {line!r}"
        elif known is cli and word in cli.list_commands(click.Context(cli)):
            known = command(word)
        elif isinstance(known, click.Group) and word in known.commands:
            known = known.commands[word]
    assert known is not cli or words[0] in options(cli), line


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_in_the_pages_exist(page):
    for line in command_lines(page):
        check_command_line(line)


def test_the_printed_summary_has_the_lines_that_the_command_prints():
    from djtrans.cli import summary

    printed = blocks("README.md", "text")[0].splitlines()
    labels = [re.split(" {2,}", line)[0] for line in printed if not line.startswith("djtrans:")]
    assert len(set(labels)) > 8
    for label in set(labels):
        assert re.search(rf'"{label}(?: {{2,}}|")', inspect.getsource(summary)), label


def test_the_reference_pages_hold_the_summaries_of_the_docstrings():
    tool = runpy.run_path(str(ROOT / "tools/api_pages.py"))
    pages = [page for page in PAGES if page.startswith("docs/api/")]
    assert len(pages) > 10
    for page in pages:
        assert tool["updated"](read(page)) == read(page), f"{page}: run python tools/api_pages.py"
    assert "- `RenderContext`: Context of a render" in read("docs/api/contracts.md")


def test_a_wrong_option_would_be_found():
    for line in ("djtrans generate a b --no-such", "djtrans trian", "djtrans render --bars 8"):
        with pytest.raises(AssertionError):
            check_command_line(line)
    assert len(command_lines("README.md")) > 10


def test_the_table_of_options_is_that_of_generate():
    table = {}
    for names, default, _ in rows("README.md", "option of `djtrans generate`"):
        for name in ticked(names):
            table[name] = default
    generate = command("generate")
    assert set(table) == options(generate) - {"--help"}
    for parameter in generate.params:
        if parameter.opts[0].startswith("-") and isinstance(parameter.default, str | float | int):
            said = table[parameter.opts[-1]].strip("`")
            default = parameter.default
            assert said == ("off" if default is False else str(default)), parameter.name


def test_the_corrections_page_names_every_option_and_field():
    from djtrans.core.track.corrections import TrackCorrections
    from djtrans.core.track.corrections_file import Sidecar

    page = "docs/corrections.md"
    said = {name for names, _ in rows(page, "option of `djtrans grid`") for name in ticked(names)}
    assert said == options(command("grid")) - {"--help"}
    fields = [ticked(names)[0] for names, _ in rows(page, "field of corrections")]
    assert fields == [field.name for field in attrs.fields(TrackCorrections)]
    top = {name for names, _ in rows(page, "field") for name in ticked(names)}
    assert top == {"format", "format_version", *(f.name for f in attrs.fields(Sidecar))}
    readers = [ticked(cells[0])[0] for cells in rows(page, "reader")]
    declared = Registry(discover=False, environ={}).libraries.declared
    assert readers == [component.declaration.name for component in declared]


def test_the_techniques_of_the_readme_are_those_that_are_registered():
    (said,) = [
        set(ticked(meaning)) - {"auto"}
        for names, _, meaning in rows("README.md", "option of `djtrans generate`")
        if "--technique" in names
    ]
    components = Registry(discover=False).components("technique")
    assert said == {component.declaration.name for component in components}


def test_the_window_lengths_are_those_of_the_planner():
    lengths = ", ".join(map(str, WINDOW_BARS[:-1])) + f" or {WINDOW_BARS[-1]}"
    assert lengths in read("README.md")


# -- parameters ----------------------------------------------------------------------------------


def test_the_tables_of_parameters_are_the_layout():
    layout = mixer_layout("dj54")
    expected = {
        row.alias: (
            f"{row.parameter.minimum:g} to {row.parameter.maximum:g}",
            f"{row.parameter.neutral:g}",
        )
        for row in layout.rows
    }
    said = {
        name: (bounds, neutral)
        for names, bounds, neutral, _ in rows("README.md", "parameter")
        for name in ticked(names)
    }
    assert said == expected
    details = {
        (ticked(name)[0], ticked(key)[0], bounds, neutral, edge)
        for name, key, bounds, neutral, edge, _ in rows("docs/parameters.md", "name")
    }
    assert details == {
        (row.alias, f"{row.node}/{row.parameter.name}", *expected[row.alias], row.parameter.edge)
        for row in layout.rows
    }


def test_the_params_file_page_names_every_field(folder):
    from djtrans.core.transition import params_file as formats

    written = {
        "format",
        "format_version",
        "frames_per_beat",
        "layout_digest",
        "layout",
        "plan",
        "values",
        "overview",
        *(field.name for field in attrs.fields(Provenance)),
    }
    assert formats.FORMAT_VERSION == 1
    page = "docs/params-file.md"
    top = [name for cells in rows(page, "field") for name in ticked(cells[0])]
    assert set(top) == written
    said = set(inline(page))
    for cls in (TransitionPlan, TrackPlan, formats.RenderRecord, formats.TrackRecord):
        assert {field.name for field in attrs.fields(cls)} <= said


# -- plugins -------------------------------------------------------------------------------------


def test_every_hook_stands_in_its_page_with_its_signature():
    found = (item for file in CONTRACTS for item in vars(file).items())
    specified = {name: function for name, function in found if name.startswith("djtrans_")}
    said = [ticked(cells[0])[0] for cells in rows("docs/hooks.md", "hook")]
    assert sorted(said) == sorted(
        f"{name}{inspect.signature(function)}".replace("'", "")
        for name, function in specified.items()
    )
    assert len(specified) == 13


def test_every_fact_of_every_declaration_stands_in_that_page():
    said = set(inline("docs/hooks.md"))
    for cls in KINDS.values():
        assert cls.__name__ in said
        assert {field.name for field in attrs.fields(cls)} <= said


def test_every_value_of_the_builtin_metrics_stands_in_its_page():
    said = [(ticked(name)[0], *cells) for name, *cells in rows("docs/metrics.md", "value")]
    assert said == [
        (v.name, v.unit, v.better.replace("description", ""), v.summary.removesuffix("."))
        for v in metric_values(Registry(discover=False, environ={}))
    ]


def test_every_builtin_objective_stands_in_its_page():
    said = [
        (ticked(name)[0], unit, float(weight), *ticked(metric), meaning)
        for name, unit, weight, metric, meaning in rows("docs/refinement.md", "objective")
    ]
    declared = [c.declaration for c in Registry(discover=False, environ={}).objectives.declared]
    assert said == [
        (
            *(d.name, d.unit, d.weight),
            *([d.metric] if d.metric else []),
            d.summary.removesuffix(".") + ("" if d.descends else " (*rates only*)"),
        )
        for d in declared
    ]
    values = {value.name for value in metric_values(Registry(discover=False, environ={}))}
    assert {d.metric for d in declared} - {""} <= values


def test_the_settings_of_refinement_are_those_of_the_config():
    said = [
        (*ticked(name), default, meaning)
        for name, default, meaning in rows("docs/refinement.md", "setting")
    ]
    assert said == [
        (field.name, str(field.default).lower(), field.metadata["help"].removesuffix("."))
        for field in attrs.fields(RefinementConfig)
    ]


def test_the_environment_variables_are_those_of_the_registry():
    said = {ticked(cells[0])[0] for cells in rows("docs/plugins.md", "variable")}
    read = inspect.getsource(Registry) + inspect.getsource(discovery)
    assert said == set(re.findall(r'"(DJTRANS_[A-Z]+)"', read))


# -- the first description -----------------------------------------------------------------------

#: Options and names of the first description, each of which must have its place in the table.
FIRST = (
    "--model --duration --guidance-scale --steps --device --visualize --save-params "
    "--timeline --summary --tracks --transitions --output --max --data --batch-size --lr "
    "--resume --wandb --synthetic --genre inference.py pipeline.py train.py visualize.py "
    "dataset.py scrape_1001tracklists.py extract_transitions.py analyze_tracks.py load_model "
    "get_inference_config DifferentiableDJMixer MixerConfig load_stems analyze_track "
    "build_track_features generate_transition run_demucs reverb_send delay_send "
)


def test_nothing_of_the_first_description_is_left_out():
    old = " ".join(cells[0] for cells in rows("README.md", "first description"))
    for name in FIRST.split():
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", old), name


def test_what_the_first_description_became_is_there_or_marked_planned():
    import djtrans

    for old, new, _ in rows("README.md", "first description"):
        assert "planned" in new or re.search(r"`|same|>=|Python", new), old
        for code in ticked(new):
            names = re.fullmatch(
                r"(?:from djtrans import |djtrans\.)?([A-Za-z_]\w*(?:, \w+)*)", code
            )
            for name in names[1].split(", ") if names else ():
                assert hasattr(djtrans, name) or hasattr(hooks, name), name
