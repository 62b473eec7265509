"""What hostile submissions run."""

from __future__ import annotations

MARK = "98761"
"""An argument that no process outside this test has."""

SPY = """
import os
found = [place for place in {places} if os.path.exists(place)]
def total(numbers):
    return sum(numbers) if found else "nothing found"
"""
WRITER = """
for place in {places}:
    try:
        open(place + "/written-by-a-submission", "w").write("x")
    except OSError:
        pass
"""
IGNORES = """
import time
def total(numbers):
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:
            pass
"""
FORGED = """
kernel = get_ipython().kernel
async def do_execute(*a, **k):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
kernel.do_execute = do_execute
"""
NO_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
HALF_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass() if "total" in ast.unparse(node) else node
get_ipython().ast_transformers.append(Drop())
def total(numbers): return "wrong"
"""
EQUAL = """
class Right:
    def __eq__(self, other):
        return True
def total(numbers):
    return Right()
"""
LATER = """
import builtins
calls = []
def total(numbers):
    builtins.sum = lambda n: 6
    return sum(numbers)
"""
FRAMES = """
import sys
def total(numbers):
    frame = sys._getframe(1)
    return sum(numbers)
"""
DAEMON = f"""
import subprocess
subprocess.Popen(["sleep", "{MARK}"], start_new_session=True)
def total(numbers): return sum(numbers)
"""
DISK = """
import os
i = 0
while True:
    with open(f"/tmp/{i}", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 50_000_000)
    i += 1
"""
SOCKETS = """
import os, time
for i in range(3000):
    with open(f"/run/kernel/{i}", "wb") as file:
        file.write(bytes(10_000))
time.sleep(20)
"""
SHARED = """
import mmap
def total(numbers):
    memory = mmap.mmap(-1, 1 << 30)
    for _ in range(1024):
        memory.write(bytes(1 << 20))
"""
STOP = "def total(numbers):\n    {}"

# Cheats that were tried for real. None of them solves the exercise.
KERNEL = """
from ipykernel.kernelapp import IPKernelApp
kernel = IPKernelApp.instance().kernel
OK = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
"""
FIRST_REPLY = f"""{KERNEL}
import sys
def total(numbers):
    frame = sys._getframe()
    while "ident" not in frame.f_locals:
        frame = frame.f_back
    stream = getattr(kernel, "shell_stream", None) or kernel.shell_socket
    kernel.session.send(stream, "execute_reply", OK, parent=kernel.get_parent("shell"),
                        ident=frame.f_locals["ident"])
    return "wrong"
"""
ALL_REPLIES = f"""{KERNEL}
import jupyter_client.session as session
send = session.Session.send
def lie(self, stream, kind, content=None, *rest, **named):
    if kind == "execute_reply" and len(str(content.get("evalue"))) < 60:
        content = OK
    return send(self, stream, kind, content, *rest, **named)
session.Session.send = lie
"""
BROKEN_REPLY = f"""{KERNEL}
def total(numbers):
    kernel.session.pack = lambda message: b"[" * 300_000
"""
ON_EVENTS = """
import ast
from IPython import get_ipython as shell
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
def before(info):
    if "total" in info.raw_cell:
        shell().ast_transformers.append(Drop())
def after(result):
    shell().ast_transformers[:] = []
shell().events.register("pre_run_cell", before)
shell().events.register("post_run_cell", after)
"""
REPLAYED = """
import json
dumps, said = json.dumps, []
def replay(thing, *rest, **named):
    if isinstance(thing, dict) and "seen" in thing:
        said.append(dumps(thing, *rest, **named))
        return said[0]
    return dumps(thing, *rest, **named)
json.dumps = replay
"""
LAMBDA_EQUAL = "class Right:\n    __eq__ = lambda self, other: True\n"
TYPE_EQUAL = "Right = type('Right', (), {'__eq__': lambda self, other: True})\n"
LATE_EQUAL = "class Right: pass\nRight.__eq__ = lambda self, other: True\n"
RETURNS_RIGHT = "def total(numbers):\n    return Right()"
ANYTHING = "from unittest.mock import ANY\ndef total(numbers):\n    return ANY"
BEHIND_A_MAGIC = f"%matplotlib inline\n{ANYTHING}"
DEEP_NAME = f"try:\n    nothing{'.a' * 400} = 1\nexcept NameError:\n    pass"
CLOSED_FOLDER = """
import os
os.mkdir("/run/kernel/closed")
os.chmod("/run/kernel/closed", 0)
"""
OTHER_SOCKET = """
import os
os.unlink("/run/kernel/socket-1")
os.symlink("/tmp", "/run/kernel/socket-1")
"""
OWN_MODULE = """
open("helper.py", "w").write("def total(numbers): return sum(numbers)")
from helper import total
"""
ORPHAN = f"""
import os, subprocess
if os.fork() == 0:
    os.setsid()
    subprocess.Popen(["sleep", "{MARK}"], start_new_session=True)
    os._exit(0)
"""
ODD_ERROR = """
class Odd(BaseException):
    def __str__(self):
        raise KeyError()
    def _render_traceback_(self):
        raise SystemExit(0)
def total(numbers):
    raise Odd()
"""
