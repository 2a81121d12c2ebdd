# SPDX-License-Identifier: GPL-3.0-or-later
"""A data set of one's own from an npz file: deployed by its path, and refused in a sentence where it is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest

import memnet
from memnet.commands.app import main
from memnet.errors import DataError, SetupError

RANDOM = np.random.default_rng(5)


def arrays(**changes):
    """Return the arrays of a small data set of three classes, with some replaced or, where None, left out."""
    made = {
        "train_images": RANDOM.normal(size=(40, 2, 4, 4)),
        "train_labels": RANDOM.integers(0, 3, 40),
        "test_images": RANDOM.normal(size=(6, 2, 4, 4)).astype(np.float32),
        "test_labels": RANDOM.integers(0, 3, 6).astype(np.uint8),
    } | changes
    return {name: values for name, values in made.items() if values is not None}


def test_a_file_is_a_data_set_wherever_a_name_is(tmp_path, capsys):
    path = tmp_path / "mine.NPZ"
    with path.open("wb") as stream:
        np.savez(stream, **arrays(classes=np.array(["cat", "dog", "emu"])))
    dataset = memnet.load_dataset(str(path))
    assert (dataset.name, dataset.classes, dataset.image_shape) == ("mine.NPZ", ("cat", "dog", "emu"), (2, 4, 4))
    assert main(["evaluate", "PDARTS", "--channels", "1", "--dataset", str(path), "-q", "--json", "-"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["dataset"] == "mine.NPZ"
    assert figures["agreement"] == 1.0
    assert main(["estimate", "PDARTS", "--channels", "1", "--dataset", str(path)]) == 0


def test_without_names_classes_are_called_after_their_labels(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays(train_labels=np.full(40, 4)))
    assert memnet.load_dataset(str(tmp_path / "a.npz")).classes == tuple("01234")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_labels": None}, r"has no array test_labels; it needs train_images, train_labels"),
        ({"train_labels": np.full(40, -1)}, "train_labels.0. is -1, outside the"),
        ({"classes": np.array(["one"]), "test_labels": np.full(6, 2)}, "labels.* outside the 1 classes"),
        ({"train_images": np.full((40, 2, 4, 4), np.nan)}, "train_images.0. has NaN or infinity"),
        ({"train_images": np.zeros((40, 16))}, "train_images is float64 .40, 16.: give floats"),
        ({"train_images": np.zeros((40, 2, 4, 4), np.uint8)}, "train_images is uint8"),
        ({"train_labels": np.zeros(40)}, "train_labels is float64"),
        ({"test_images": np.zeros((6, 2, 4, 5))}, "make them equal"),
        ({"train_images": np.array([object()])}, "cannot be read: .*Python objects"),
    ],
)
def test_arrays_that_are_no_data_set_are_refused(tmp_path, changes, message):
    np.savez(tmp_path / "bad.npz", **arrays(**changes))
    with pytest.raises(DataError, match=message) as caught:
        memnet.load_dataset(str(tmp_path / "bad.npz"))
    assert "bad.npz" in str(caught.value)


def test_files_that_are_not_there_or_no_npz_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.npz: no such file"):
        memnet.load_dataset(str(tmp_path / "none.npz"))
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(DataError, match=r"text\.npz: cannot be read"):
        memnet.load_dataset(str(tmp_path / "text.npz"))
    with pytest.raises(SetupError, match="data"):
        memnet.Setup("PDARTS", dataset=str(tmp_path / "text.npz"), data=str(tmp_path))
