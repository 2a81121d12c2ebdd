# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command on every page is one that is there: of memnet with its options, scripts with theirs, targets of make.

Blocks marked `sh` and `python` run as they stand, in `test_readme`, `test_tutorials`, `test_howto` and
`test_simulators`; other pages have none. Indented lines and commands within sentences are not for pasting: they have
placeholders such as DIR, take hours, or show the form of a call. These are read by the parser of the command line here,
and `make test-long` runs the quick ones.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer
from written_code import blocks_of, lines_of

from memnet.commands.app import build_app, main

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
    if not {"_build", "api", "tables"} & set(path.relative_to(ROOT).parts)
)
RUN = {"README.md", "start.md", "tour.md", "tutorials", "howto", "simulators"}  # whose blocks other tests run
LEFT_OUT = re.compile(r"\s(…|\.\.\.)(\s|$)|\[(?=-)|(?<=\w)\]$")  # what says "and so on", and optional parts
STANDS_FOR = {"GENOTYPE": "PDARTS", "RxC": "128x128", "NAME[:SET]": "vteam", "FILE.csv": "a.csv", "NAME": "xyce"}
QUICK = ("evaluate", "estimate", "arrays", "genotypes", "technologies", "memristors", "netlist", "simulate")
PLACEHOLDER = re.compile(r"\b(DIR|FILE|NAME|BEFORE|AFTER|cifar10|random|--start|--spice-check|--transitions|train)\b")


def calls_of(path: Path) -> list[tuple[str, bool]]:
    """Return the calls on a page that no other test runs: the text, and whether it is a whole line."""
    text = re.sub(r" *\\\n +", " ", path.read_text(encoding="utf-8"))
    names = dict(re.findall(r'^    ([A-Z]+)="(memnet [^"]*)"', text, re.MULTILINE))
    found = []
    for line in re.findall(
        r"^    (?:[A-Z_]+=\S+ )*(?:taskset -c 0 )?((?:\.venv/bin/)?(?:memnet|python|make|\$[A-Z]+) .*)",
        text,
        re.MULTILINE,
    ):
        for name, value in names.items():
            line = line.replace(f"${name}", value)
        found.append((re.split(r"  +", line.strip())[0], True))
    found += [(words, False) for words in re.findall(r"`((?:memnet|python|make) [^`\n]*)`", text)]
    return found


CALLS = [
    pytest.param(text, whole, id=f"{path.stem}-{text[:70]}")
    for path in PAGES
    for text, whole in dict.fromkeys(calls_of(path))
]


@cache
def application():
    return typer.main.get_command(build_app())


def refusal(arguments: list[str], whole: bool) -> str:
    """Return why the command line does not take these words; a sentence need not have all that a call needs."""
    group = application()
    if arguments[0].startswith("-"):
        return "" if any(arguments[0] in each.opts for each in group.get_params(typer.Context(group))) else "no option"
    command = group.commands.get(arguments[0])
    if command is None:
        return f"no command {arguments[0]}"
    try:
        context = command.make_context(arguments[0], arguments[1:])
        if hasattr(command, "resolve_command"):  # one with commands of its own
            name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            inner.make_context(name, rest, parent=context)
    except Exception as error:
        kind = type(error).__name__
        if kind in ("MissingParameter", "NoArgsIsHelpError") and not whole:
            return ""
        return f"{kind}: {error}"
    return ""


def wrong(text: str, whole: bool) -> str:
    """Return what is wrong with a call; '' where nothing is."""
    program, *arguments = [STANDS_FOR.get(word, word) for word in shlex.split(LEFT_OUT.sub(" ", text))]
    if program == "make":
        targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        return "" if arguments[0] in targets or "=" in arguments[0] else f"no target {arguments[0]}"
    if program.endswith("python"):
        script = ROOT / arguments[0]
        if arguments[0] in ("-m", "check.py") or not arguments[0].startswith(("benchmarks/", "scripts/")):
            return "" if arguments[0] in ("-m", "check.py") else f"no script {arguments[0]}"
        if not script.is_file():
            return f"no script {arguments[0]}"
        source = script.read_text(encoding="utf-8")
        missing = [each for each in arguments if each.startswith("--") and each not in source]
        return f"{arguments[0]} has no {missing[0]}" if missing else ""
    return refusal(arguments, whole)


@pytest.mark.parametrize(("text", "whole"), CALLS)
def test_a_call_on_a_page_is_one_that_is_there(text, whole):
    assert wrong(text, whole) == "", text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_blocks_that_no_test_runs_are_indented(path):
    fences = re.findall(r"^```(\S*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    marked = [each for each in fences if each and not each.startswith("{")]
    assert path.name in RUN or path.parent.name in RUN or marked == []
    assert set(marked) <= {"sh", "python"}
    for line in lines_of(blocks_of(path)):
        program, *arguments = shlex.split(line)
        assert program != "memnet" or not refusal(arguments, True), line


def quick_calls():
    """Return the whole lines of memnet without placeholders that finish within a second or two on a small network."""
    for path in PAGES:
        for text, whole in dict.fromkeys(calls_of(path)):
            words = text.split()
            if whole and words[0] == "memnet" and words[1] in QUICK and not PLACEHOLDER.search(text):
                yield pytest.param(text, id=f"{path.stem}-{text}")


@pytest.mark.long
@pytest.mark.parametrize("text", list(quick_calls()))
def test_a_quick_call_runs(text, keep_decks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, *arguments = shlex.split(text)[1:]
    smaller = [] if "--channels" in arguments else ["--channels", "1"]
    smaller += (
        ["--images", "2"] if command in ("evaluate", "netlist", "simulate") and "--images" not in arguments else []
    )
    status = main([command, *(each for each in arguments if each != "--strict"), *smaller])
    assert status == 0, text


def test_calls_that_are_not_there_are_found():
    for text, why in (
        ("memnet evalute PDARTS", "no command evalute"),
        ("memnet evaluate PDARTS --bitz 3", "NoSuchOption"),
        ("memnet evaluate PDARTS --bits many", "BadParameter"),
        ("memnet import", "MissingParameter"),
        ("memnet memristor vteam --nothing", "NoSuchOption"),
        ("python benchmarks/nothing.py", "no script"),
        ("python benchmarks/growth.py --nothing", "has no --nothing"),
        ("make everything", "no target everything"),
        ("memnet --nothing", "no option"),
    ):
        assert why in wrong(text, True)
    assert wrong("memnet import", False) == ""
    assert len([each for each in CALLS if each.values[0].startswith("memnet ")]) > 50
