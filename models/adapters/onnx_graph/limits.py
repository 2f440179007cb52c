"""How much memory and time an ONNX graph may take: a few bytes of it can loop without end, or make any tensor."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import LIMITS, bytes_words, check, most, on_disk, way_out

SMALLER = "is smaller than requested"
"""In onnxruntime's words, where the limit is met."""

_limited: list[int] = []
"""The bytes that were set for this process; onnxruntime lets nobody set them twice."""


def check_nodes(proto: Any, nodes: Callable[[Any], Iterator[Any]], path: Path) -> None:
    """Refuse a graph that becomes endless where its functions, which call each other, are put in their places.

    Args:
        proto: the model.
        nodes: all nodes of some, those of inner graphs too.
        path: the model, which begins the message.

    Raises:
        UserError: with the limit.
    """
    functions = {(each.domain, each.name): each for each in proto.functions}
    sizes: dict[tuple[str, str], int] = {}
    limit = most("nodes")

    def size(parts: Any, callers: tuple[tuple[str, str], ...]) -> int:
        total = 0
        for node in nodes(parts):
            called = (node.domain, node.op_type)
            total += 1
            if called in functions:
                if called in callers:
                    raise UserError(f"{path}: the function {node.op_type} calls itself; export the model again")
                if called not in sizes:
                    sizes[called] = size(functions[called].node, (*callers, called))
                total += sizes[called]
            if total > limit:
                check("nodes", total, path, got="more")
        return total

    size(proto.graph.node, ())


def limit_memory(options: Any, onnxruntime: Any, path: Path) -> None:
    """Let a session allocate no more than a limit and its own weights need.

    Args:
        options: of the session.
        onnxruntime: the library.
        path: the model.
    """
    if not _limited:
        beside = sum(on_disk(file) for file in path.resolve().parent.iterdir() if file.is_file())
        size = most("graph") + 2 * beside
        kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
        memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
        onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({"max_mem": size}))
        _limited.append(size)
    options.add_session_config_entry("session.use_env_allocators", "1")


def run_in_time(session: Any, inputs: dict[str, Any], limit: str, path: Path) -> list[Any]:
    """What a session gives for its inputs.

    Args:
        session: of onnxruntime.
        inputs: by name.
        limit: the name of the limit on its seconds.
        path: the model, which begins each message.

    Raises:
        UserError: if it takes longer, or more memory than it may; whatever else onnxruntime raises is raised.
    """
    import onnxruntime

    options, seconds = onnxruntime.RunOptions(), most(limit)
    over = threading.Event()

    def stop() -> None:
        over.set()
        options.terminate = True

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        answers: list[Any] = session.run(None, inputs, options)
    except Exception as error:
        if over.is_set():
            raise UserError(
                f"{path}: expected at most {seconds} {LIMITS[limit].what}, but the graph was still running, as a loop "
                f"without end does; {way_out(limit)}"
            ) from error
        if SMALLER in str(error) and _limited:
            raise UserError(
                f"{path}: expected at most {bytes_words(_limited[0])} of memory for the graph, but it asks for more; "
                f"{way_out('graph')}"
            ) from error
        raise
    finally:
        timer.cancel()
    return answers
