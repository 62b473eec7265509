"""Run a part of a test in a module that nobody knows."""


def run_apart(source: str, space: str, needs: list[str], imports: str) -> None:
    """Run a source in the module called ``space``.

    Args:
        source: a part of a test.
        space: the module's name; the parts of one test share it.
        needs: names that are taken from the notebook.
        imports: statements that give the test what the notebook was handed out with.
    """
    import builtins
    import sys

    notebook = sys.modules["__main__"].__dict__
    variables = sys.modules.setdefault(space, type(sys)(space)).__dict__
    variables["__builtins__"] = builtins.__dict__
    for name in needs:
        variables.pop(name, None)
        if name in notebook:
            variables[name] = notebook[name]
    exec(imports, variables)
    exec(compile(source, "<test>", "exec"), variables)
