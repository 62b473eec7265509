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
        seen[name] = [address(thing), address(code), address(wrapped),
                      "/site-packages/torch/" in file]  # fmt: skip

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
    wrong = [torch.allclose(zero, one), torch.equal(zero, one), bool((zero == one).any()),
             not torch.allclose(one, one), bool(one < zero), bool(zero > one)]  # fmt: skip
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
    running = {"run_cell", "run_cell_async", "run_code", "run_ast_nodes", "showtraceback",
               "transform_cell", "transform_ast"}  # fmt: skip
    return [
        sorted(set(vars(shell)) & running),
        sorted(set(vars(kernel)) & {"do_execute", "execute_request"}),
        sorted(set(vars(session)) & {"send", "serialize", "sign"}),
        [len(shell.ast_transformers), len(shell.input_transformers_post),
         len(manager.cleanup_transforms), len(manager.line_transforms),
         len(manager.token_transformers), len(shell.custom_exceptions)],
        [address(thing) for thing in (
            sys.modules["IPython"].get_ipython, shell, kernel, session, session.pack,
            shell.compile, type(shell), type(kernel).do_execute, type(kernel).execute_request,
            type(session).send, type(session).serialize, type(shell).run_cell_async,
            type(shell).run_ast_nodes, type(shell).run_code, type(shell.events).trigger,
            kernel.shell_handlers["execute_request"].__func__)],
        [str(thing)[:80] for things in shell.events.callbacks.values() for thing in things
         if str(getattr(thing, "__module__", "")).split(".")[0] not in own],
        [sys.gettrace() is None, sys.getprofile() is None],
    ]  # fmt: skip
