"""Refusals of settings that no model can have, before anything is built from them."""


def check_sizes(image_shape: object, hidden: object, latent_dim: object) -> None:
    """Refuse a layout that no image network has, before anything is built from it.

    Raises:
        ValueError: if a size is not a whole number in its range.
    """
    if not isinstance(image_shape, tuple) or len(image_shape) != 3:
        raise ValueError(f"expected image_shape as (channels, height, width), got {image_shape!r}")
    check_whole("channels", image_shape[0], 16)
    check_whole("height", image_shape[1], 4096)
    check_whole("width", image_shape[2], 4096)
    check_widths(hidden)
    check_whole("latent_dim", latent_dim, 65536)


def check_whole(name: str, value: object, most: int) -> None:
    """Refuse anything but a whole number from 1 to `most`.

    Raises:
        ValueError: with the name, the range and what was given.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"expected {name} as a whole number from 1 to {most}, got {value!r}")


def check_number(name: str, value: object, low: float, high: float) -> None:
    """Refuse anything but a finite number from `low` to `high`.

    Args:
        name: the setting, as the message calls it.
        value: what was given.
        low: the least value allowed.
        high: the greatest value allowed.

    Raises:
        ValueError: with the name, the range and what was given.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"expected {name} as a number from {low:g} to {high:g}, got {value!r}")


def check_widths(hidden: object) -> None:
    """Refuse anything but the widths of 1 to 32 hidden layers.

    Raises:
        ValueError: if it is no tuple of whole numbers in their range.
    """
    if not isinstance(hidden, tuple) or not 1 <= len(hidden) <= 32:
        raise ValueError(f"expected hidden as 1 to 32 layer widths, got {hidden!r}")
    for width in hidden:
        check_whole("a hidden width", width, 65536)
