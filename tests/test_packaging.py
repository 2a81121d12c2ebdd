# SPDX-License-Identifier: GPL-3.0-or-later
"""The container file says what Makefile and pyproject.toml say; and how scripts judge wheel, container and clone."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import first_figure
import pytest
import try_container
import try_wheel

from memnet.commands.app import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHON_OF = {"bookworm": (3, 11), "trixie": (3, 13)}  # of Debian's releases


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a container file: name, and the rest on one line."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


@pytest.fixture(scope="module")
def container():
    return instructions((ROOT / "Dockerfile").read_text())


def test_the_image_has_a_python_that_memnet_runs_on(container):
    (base,) = (rest for name, rest in container if name == "FROM")
    release = re.fullmatch(r"debian:(\w+)-slim", base)[1]
    least = tuple(int(part) for part in PROJECT["project"]["requires-python"].removeprefix(">=").split("."))
    assert PYTHON_OF[release] >= least


def test_the_image_is_set_up_as_make_does_it(container):
    makefile, steps = (ROOT / "Makefile").read_text(), " ".join(rest for name, rest in container if name == "RUN")
    extras = re.search(r"'\.\[(.*)\]'", makefile)[1].split(",")
    assert re.search(r"source\[(.*?)\]", steps)[1].split(",") == [extra for extra in extras if extra != "test"]
    assert "-m venv" in steps and "-m venv" in makefile
    assert "memnet engines --install" in steps and "memnet engines --install" in makefile


def test_what_the_image_copies_is_what_a_wheel_is_made_of_and_is_sent_to_the_builder(container):
    copied = {source for name, rest in container if name == "COPY" for source in rest.split()[:-1]}
    built = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = PROJECT["project"]
    assert copied == {"pyproject.toml", project["readme"], "LICENSE", *built["packages"], *built["force-include"]}
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert set(sent) == copied and all((ROOT / name).exists() for name in copied)


def test_the_image_runs_memnet_as_a_user_who_is_not_root(container):
    names = [name for name, _ in container]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name == "RUN")
    user = dict(container)["USER"]
    assert user != "root" and any(f"useradd --create-home --uid 1000 {user}" in rest for _, rest in container)
    assert dict(container)["ENTRYPOINT"] == '["memnet"]' and "memnet" in PROJECT["project"]["scripts"]


def test_every_command_is_tried_in_a_fresh_wheel():
    assert {call.split()[0] for call in try_wheel.CALLS} == {"--version", *COMMANDS}


@pytest.mark.parametrize(
    ("status", "errors", "found"),
    [
        (0, "memnet: sweeping 2 images: 45%\n", try_wheel.WORKS),
        (2, "memnet: training needs PyTorch: pip install 'memnet-spice[train]'\n", try_wheel.SAYS),
        (1, "memnet: note: a choice\nmemnet: no engine can simulate here\n", try_wheel.SAYS),
        (1, "Traceback (most recent call last):\nKeyError: 'x'\n", try_wheel.FAILS),
        (1, "memnet: one sentence\nand another line\n", try_wheel.FAILS),
        (2, "", try_wheel.FAILS),
        (-11, "memnet: killed\n", try_wheel.FAILS),
    ],
)
def test_a_command_works_or_says_what_it_needs_or_fails(status, errors, found):
    assert try_wheel.outcome(status, errors) == found


def test_the_table_of_a_wheel_says_what_a_command_said():
    rows = [try_wheel.Tried("engines", try_wheel.WORKS, 0.4, ""), try_wheel.Tried("train", try_wheel.SAYS, 1.0, "no")]
    assert try_wheel.table(rows).splitlines() == [
        "engines     0.4 s  works",
        "train       1.0 s  says what it needs",
        "    no",
        "2 calls: 1 works, 1 says what it needs, 0 FAILS",
    ]


@pytest.mark.parametrize("tool", try_container.TOOLS)
def test_calls_of_memnet_go_through_the_entry_point_where_there_is_one(tool):
    memnet, other = (try_container.run(tool, "place", words, []) for words in (["memnet", "demo"], ["id", "-u"]))
    if tool == "buildah":
        assert memnet == ["buildah", "run", "place", "--", "memnet", "demo"]
        assert other == ["buildah", "run", "place", "--", "id", "-u"]
    else:
        assert memnet == [tool, "run", "--rm", "place", "demo"]
        assert other == [tool, "run", "--rm", "--entrypoint", "id", "place", "-u"]


def test_a_command_that_fails_in_the_container_ends_the_trial():
    with pytest.raises(SystemExit, match="exit status 3"):
        try_container.tried([sys.executable, "-c", "raise SystemExit(3)"], "a command")


def test_the_first_figure_is_that_of_the_demo_and_comes_after_the_set_up():
    said = ["pip", ".venv/bin/memnet demo", "1 of 2 nets", "A: 2 of 2 digits right, 5 ns", "B: 2 of 2 digits right"]
    found = first_figure.events(enumerate(said))
    assert found == [("set up", 1, said[1]), ("first figure", 3, said[3])]
    with pytest.raises(SystemExit, match="without a line with 'digits right'"):
        first_figure.events(enumerate(said[:3]))
    call = ["make", "--no-print-directory", "-n", "demo"]  # where make runs the tests, it names its folder last
    asked = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert first_figure.EVENTS["set up"] in asked.splitlines()[-1]


def test_nothing_else_is_sent_to_the_builder():
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"  # what follows lets a few through
    let = [rule[1:] for rule in rules if rule.startswith("!")]
    assert not any(fnmatch(name, rule) for name in (".git", ".venv", ".ngspice", "out", "tests") for rule in let)
