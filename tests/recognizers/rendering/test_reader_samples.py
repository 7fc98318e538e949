from __future__ import annotations

import numpy as np

from recognizers.rendering.reader_samples import USES_PER_PLATE, rectify, render_reader_sample, render_reader_samples


def test_samples_have_the_shape_asked_for_and_repeat_with_their_seed() -> None:
    images, texts = render_reader_samples(np.random.default_rng(2), 7, 48, 144)
    again, same_texts = render_reader_samples(np.random.default_rng(2), 7, 48, 144)
    assert images.shape == (7, 48, 144)
    assert images.dtype == np.uint8
    assert len(texts) == 7
    assert texts == same_texts
    assert np.array_equal(images, again)


def test_a_plate_is_used_several_times_with_other_looks() -> None:
    images, texts = render_reader_samples(np.random.default_rng(6), 2 * USES_PER_PLATE, 48, 144)
    assert len(set(texts[:USES_PER_PLATE])) == 1
    assert texts[0] != texts[-1]
    assert not np.array_equal(images[0], images[1])


def test_a_single_sample_is_grey_and_has_contrast() -> None:
    image, text = render_reader_sample(np.random.default_rng(4), 32, 96)
    assert image.shape == (32, 96)
    assert text
    assert image.std() > 5


def test_rectifying_the_whole_picture_leaves_it_as_it_is() -> None:
    image = np.random.default_rng(1).integers(0, 255, (48, 144), np.uint8)
    corners = np.array([(0, 0), (144, 0), (144, 48), (0, 48)], np.float32) - np.float32(0.5)
    assert np.abs(rectify(image, corners, 48, 144).astype(int) - image).max() <= 1
