"""What a kernel is made of: where the functions that tests use are in memory.

Where a thing is in memory is asked of a part of Python that has no name to replace it by, and so
is the way to write it down: a builtin that was replaced can not hide itself. Each function
imports what it uses, and the first thing noted is the table of builtins: an ``import`` that was
replaced runs after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def load(modules: list[str]) -> None:
    """Import what tests use, before any cell of a student's."""
    import importlib
    import sys

    # A file that a submission writes must not become a module.
    sys.path[:] = [place for place in sys.path if place]
    for name in modules:
        # What is not a module, as in "from torch import nn" and then nn.Linear, is passed over.
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def look(names: list[str], methods: list[str]) -> str:
    """All that is noted, as text: a dictionary of addresses and counts.

    Args:
        names: what tests use, in full: ``torch.linalg.norm``.
        methods: of tensors, that tests use.
    """

    def function() -> None:
        return None

    own: Any = function
    address: Any = ().__class__.__base__.__repr__
    table = own.__builtins__
    seen: dict[str, list[Any]] = {"Python's builtins": [address(table)]}
    for name in table:
        if name not in ("_", "input"):  # the kernel itself replaces input for every cell
            seen["builtins." + name] = [address(table[name])]
    import builtins
    import sys

    seen["builtins"] = [address(builtins), address(builtins.__dict__)]

    def note(name: str, thing: object) -> None:
        code = getattr(thing, "__code__", None)
        file = getattr(code, "co_filename", "")
        wrapped = getattr(thing, "__wrapped__", None)
        is_torch = "/site-packages/torch/" in file
        seen[name] = [address(thing), address(code), address(wrapped), is_torch]

    for name in names:
        parts = name.split(".")
        module: Any = None
        rest = parts
        for end in range(len(parts), 0, -1):
            module, rest = sys.modules.get(".".join(parts[:end])), parts[end:]
            if module is not None:
                break
        if module is None:
            continue
        note(".".join(parts[: len(parts) - len(rest)]), module)
        for part in rest:
            module = getattr(module, part, None)
        note(name, module)
    if "torch" in sys.modules:
        look_at_torch(methods, note, seen)
    seen["the kernel"] = look_at_kernel(address)
    return f"{seen!r}"


def look_at_torch(
    methods: list[str], note: Callable[[str, object], None], seen: dict[str, list[Any]]
) -> None:
    """The methods of tensors, and whether comparisons that are known come out right."""
    import sys

    torch = sys.modules["torch"]
    for name in methods:
        if hasattr(torch.Tensor, name):
            note("torch.Tensor." + name, getattr(torch.Tensor, name))
    zero, one = torch.zeros(1), torch.ones(1)
    wrong = [
        torch.allclose(zero, one),
        torch.equal(zero, one),
        bool((zero == one).any()),
        not torch.allclose(one, one),
        bool(one < zero),
        bool(zero > one),
    ]
    try:
        torch.testing.assert_close(zero, one)
        wrong.append(True)
    except AssertionError:
        pass
    seen["torch's comparisons"] = [sum(wrong)]


def look_at_kernel(address: Callable[[Any], str]) -> list[Any]:
    """The kernel's own functions, and what is hung into it."""
    import sys

    shell = sys.modules["IPython"].get_ipython()
    kernel, manager, session = shell.kernel, shell.input_transformer_manager, shell.kernel.session
    own = ("matplotlib", "matplotlib_inline", "ipykernel", "IPython")
    steps = ("run_cell", "run_cell_async", "run_code", "run_ast_nodes", "showtraceback")
    transforms = (manager.cleanup_transforms, manager.line_transforms, manager.token_transformers)
    lists = (shell.ast_transformers, shell.input_transformers_post, *transforms)
    functions = (
        (sys.modules["IPython"].get_ipython, shell, kernel, session, session.pack, shell.compile),
        (type(shell), type(kernel).do_execute, type(kernel).execute_request),
        (type(session).send, type(session).serialize, type(shell).run_cell_async),
        (type(shell).run_ast_nodes, type(shell).run_code, type(shell.events).trigger),
        (kernel.shell_handlers["execute_request"].__func__,),
    )
    hooks = [hook for hooks in shell.events.callbacks.values() for hook in hooks]
    origins = [(hook, str(getattr(hook, "__module__", "")).split(".")[0]) for hook in hooks]
    return [
        sorted(set(vars(shell)) & {*steps, "transform_cell", "transform_ast"}),
        sorted(set(vars(kernel)) & {"do_execute", "execute_request"}),
        sorted(set(vars(session)) & {"send", "serialize", "sign"}),
        [len(things) for things in (*lists, shell.custom_exceptions)],
        [address(function) for group in functions for function in group],
        [str(hook)[:80] for hook, origin in origins if origin not in own],
        [sys.gettrace() is None, sys.getprofile() is None],
    ]
