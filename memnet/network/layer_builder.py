# SPDX-License-Identifier: GPL-3.0-or-later
"""`LayerBuilder`: collects the layers of a network, one after the other, each with its shape and tensor names."""

from __future__ import annotations

from dataclasses import dataclass, field

from memnet.errors import NetworkError
from memnet.network.layers import Kind, Layer, Shape


def strided(height: int, width: int, stride: int) -> tuple[int, int]:
    """Return height and width of the map that a padded convolution or pool makes: divided by the stride, rounded up."""
    return -(-height // stride), -(-width // stride)


def refuse_odd(name: str, height: int, width: int) -> None:
    """Raise `NetworkError` for a map that the FactorizedReduce `name` cannot halve."""
    if height % 2 or width % 2:
        raise NetworkError(
            f"net/{name}: FactorizedReduce halves its map, which is {height}x{width} here, and DARTS fails on it too; "
            "use images whose height and width are multiples of 4"
        )


@dataclass(slots=True, kw_only=True)
class LayerBuilder:
    """Collects layers in topological order; each method but `shape` adds a layer and returns its name.

    Attributes
    ----------
    image : (channels, height, width) of one image, which layers read as `input`
    layers : the layers added so far, by name
    """

    image: Shape
    layers: dict[str, Layer] = field(default_factory=dict)

    def shape(self, name: str) -> Shape:
        """Return the shape (channels, height, width) of the output of a layer, or of the image."""
        return self.image if name == "input" else self.layers[name].shape

    def add(
        self, name: str, kind: Kind, inputs: tuple[str, ...], shape: Shape, *, stride: int = 1, kernel: int = 1
    ) -> str:
        """Add a layer without weights.

        Parameters
        ----------
        kernel : side of the window of a pool; its padding keeps the size of the map at stride 1
        """
        return self.put(
            Layer(name=name, kind=kind, inputs=inputs, shape=shape, stride=stride, kernel=kernel, padding=kernel // 2)
        )

    def put(self, layer: Layer) -> str:
        """Add a layer as it is."""
        self.layers[layer.name] = layer
        return layer.name

    def conv(
        self,
        name: str,
        source: str,
        out: int,
        *,
        weight: str,
        batch_norm: str = "",
        relu: bool = True,
        kernel: int = 1,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
    ) -> str:
        """Add a convolution to `out` channels, padded so that it keeps the size of the map at stride 1.

        Parameters
        ----------
        weight, batch_norm : names of its weight tensor and of the batch norm after it; empty without one
        relu : whether its input is rectified first
        """
        _, height, width = self.shape(source)
        shape = (out, *strided(height, width, stride))
        padding = dilation * (kernel - 1) // 2
        return self.put(
            Layer(
                name=name,
                kind="conv",
                inputs=(source,),
                shape=shape,
                relu=relu,
                weight=(weight,),
                batch_norm=batch_norm,
                kernel=kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=groups,
            )
        )

    def factorized_reduce(self, name: str, source: str, out: int, prefix: str) -> str:
        """Add a FactorizedReduce to `out` channels, which halves the map; `prefix` is that of its tensor names.

        Raises
        ------
        NetworkError
            the map has an odd height or width, of which its two convolutions make outputs of different sizes
        """
        _, height, width = self.shape(source)
        refuse_odd(name, height, width)
        weight = (f"{prefix}.conv_1.weight", f"{prefix}.conv_2.weight")
        return self.put(
            Layer(
                name=name,
                kind="factorized_reduce",
                inputs=(source,),
                shape=(out, height // 2, width // 2),
                relu=True,
                weight=weight,
                batch_norm=f"{prefix}.bn",
                stride=2,
            )
        )

    def linear(self, classes: int) -> str:
        """Add the classifier, which reads the global pool."""
        return self.put(
            Layer(
                name="classifier",
                kind="linear",
                inputs=("global_pool",),
                shape=(classes, 1, 1),
                weight=("classifier.weight",),
                bias="classifier.bias",
            )
        )
