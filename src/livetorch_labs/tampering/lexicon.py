"""The words that ask for a look, with what is said of them."""

from __future__ import annotations

from .allowed import words

DANGEROUS = {
    "IPython": "reaches for the kernel",
    "__main__": "reaches for the notebook's own names",
    "asyncio": "runs code between the cells",
    "atexit": "runs code when Python ends",
    "builtins": "reaches for Python's built-in functions",
    "cpp_extension": "reaches into memory",
    "ctypes": "reaches into memory",
    "ctypeslib": "reaches into memory",
    "f2py": "reaches into memory",
    "gc": "looks through all objects in memory",
    "hub": "loads objects that can run code",
    "importlib": "imports in an unusual way",
    "inspect": "looks at the source or the frames of running code",
    "ipykernel": "reaches for the kernel",
    "jupyter_client": "reaches for the kernel",
    "linecache": "looks at the source or the frames of running code",
    "marshal": "loads objects that can run code",
    "mock": "replaces parts of other code",
    "multiprocessing": "starts processes",
    "os": "reaches for the operating system",
    "overrides": "defines what torch's functions do",
    "pickle": "loads objects that can run code",
    "requests": "opens connections",
    "runpy": "runs code from text",
    "signal": "changes how Python reacts to signals",
    "socket": "opens connections",
    "sqlite3": "opens databases",
    "subprocess": "starts programs",
    "sys": "reaches for Python's inner state",
    "threading": "runs code beside the cells",
    "traceback": "looks at the source or the frames of running code",
    "unittest": "replaces parts of other code",
    "urllib": "opens connections",
    "zmq": "reaches for the kernel",
}
FRAMES = "looks at the frames of its callers"
TRACES = "traces what Python runs"
ANY_NAME = "reaches for names without naming them"
TORCH = "defines what torch's functions do"
NAMES = {
    **dict.fromkeys(words("_getframe currentframe getouterframes f_back f_globals"), FRAMES),
    **dict.fromkeys(words("f_locals f_code f_trace f_builtins tb_frame tb_next"), FRAMES),
    **dict.fromkeys(words("gi_frame cr_frame ag_frame"), FRAMES),
    **dict.fromkeys(("settrace", "setprofile", "f_lineno"), TRACES),
    **dict.fromkeys(("globals", "locals", "vars", "attrgetter", "methodcaller"), ANY_NAME),
    **dict.fromkeys(("setattr", "delattr"), "replaces parts by names made up at run time"),
    **dict.fromkeys(words("fork forkpty posix_spawn spawnv execv execve"), "starts processes"),
    **dict.fromkeys(("system", "popen"), "starts programs"),
    **dict.fromkeys(("kill", "killpg"), "sends signals to processes"),
    **dict.fromkeys(("symlink", "link"), "makes links"),
    **dict.fromkeys(("exit", "quit"), "ends Python"),
    **dict.fromkeys(("load_library", "load_inline", "memmap"), "reaches into memory"),
    **dict.fromkeys(("make_dataclass", "new_class"), "makes types of its own at run time"),
    **dict.fromkeys(("write_text", "write_bytes", "read_text", "read_bytes"), "opens files"),
    "_exit": "ends Python without a word",
    "get_ipython": "reaches for the kernel",
    "__builtins__": "reaches for Python's built-in functions",
    "__import__": "imports in an unusual way",
    "__subclasses__": "looks through all classes",
    "add_safe_globals": "loads objects that can run code",
    **dict.fromkeys(("TorchFunctionMode", "TorchDispatchMode"), TORCH),
}
# As names only: model.eval(), torch.compile and Image.open are something else.
BUILTINS = {
    "exec": "runs code from text",
    "eval": "runs code from text",
    "compile": "runs code from text",
    "open": "opens files",
    "breakpoint": "traces what Python runs",
}
EQUAL = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__array_ufunc__")
METHODS = {
    **dict.fromkeys(EQUAL, "defines when two things are equal"),
    **dict.fromkeys(("__instancecheck__", "__subclasscheck__"), "defines what a type is"),
    **dict.fromkeys(("__torch_function__", "__torch_dispatch__"), TORCH),
    "__bool__": "defines what is true",
    "__del__": "runs code when a thing is forgotten",
}
BASES = words("Tensor Parameter int float complex str list tuple ndarray UserList")
READ_SAFELY = {"weights_only": True, "allow_pickle": False}
MILD = frozenset(
    {
        "changes how Python reacts to signals",
        "ends Python",
        "ends Python without a word",
        "makes links",
        "opens connections",
        "opens files",
        "reaches for the operating system",
        "sends signals to processes",
        "starts processes",
        "starts programs",
        "uses the shell",
    }
)
"""What can end or slow a notebook and can not bend a check: a lost kernel explains it."""
