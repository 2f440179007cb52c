"""Draws the layers of the package in docs/architecture.md, from the imports as they are: `make docs`.

An arrow points from a layer to one that it imports. What is reached by way of other layers is left out.
"""

from collections.abc import Mapping, Set

from package_layers import LAYERS, ROOT, all_imports, layer

PAGE = ROOT / "docs" / "architecture.md"
START, END = "<!-- drawing: written by make docs -->\n", "<!-- end of drawing -->\n"


def arrows() -> dict[str, set[str]]:
    """Which layers each layer imports, whether at once or when a function needs it."""
    found: dict[str, set[str]] = {name: set() for name in LAYERS.values()}
    for each in all_imports():
        ours, theirs = layer(each.module), layer(each.target)
        if ours and theirs and ours != theirs:
            found[ours].add(theirs)
    return found


def reached(start: str, links: Mapping[str, Set[str]]) -> set[str]:
    """Every layer that `start` imports, directly or by way of others."""
    seen: set[str] = set()
    waiting = [*links[start]]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += links[name]
    return seen


def direct(links: Mapping[str, Set[str]]) -> dict[str, set[str]]:
    """The arrows without those that a longer way says too; the layers must form no circle.

    Raises:
        ValueError: if a layer imports itself by way of others.
    """
    beyond = {name: reached(name, links) for name in links}
    circle = sorted(name for name in links if name in beyond[name])
    if circle:
        raise ValueError(f"these layers import one another in a circle: {', '.join(circle)}")
    return {name: {to for to in some if not any(to in beyond[other] for other in some)} for name, some in links.items()}


def drawing() -> str:
    """The layers as a Mermaid flow chart, each with what belongs to it."""
    inside: dict[str, list[str]] = {}
    for module, name in LAYERS.items():
        inside.setdefault(name, []).append(module.replace(".", "/") if module != "audit" else "the rest of audit")
    boxes = (f'    {name}["<b>{name}</b><br/>{"<br/>".join(some)}"]' for name, some in inside.items())
    lines = (f"    {name} --> {to}" for name, some in direct(arrows()).items() for to in sorted(some))
    return "\n".join(["```mermaid", "flowchart TD", *boxes, *lines, "```"])


def updated(text: str) -> str:
    """The page with its drawing made anew.

    Raises:
        ValueError: if the page has no place for it.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"expected a place between {START.strip()} and {END.strip()}")
    return f"{before}{start}\n{drawing()}\n\n{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
