"""The commands and files of the lesson on clusters, which no test can run, are well formed."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml
from torch.distributed.run import parse_args, parse_min_max_nnodes

from book.notebooks import ROOT, read

LESSON = ROOT / "chapters" / "19-many-processes" / "7-from-one-to-a-cluster.ipynb"
TEXT = "\n".join(cell.source for cell in read(LESSON).cells if cell.cell_type == "markdown")
BLOCKS = re.findall(r"^```(bash|yaml)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
BASH = "\n".join(block for language, block in BLOCKS if language == "bash")
(KUBERNETES,) = (block for language, block in BLOCKS if language == "yaml")


def commands() -> list[list[str]]:
    """The arguments of each torchrun on the page."""
    lines = BASH.replace("\\\n", " ").replace("$SLURM_NNODES", "2").splitlines()
    shown = [line.partition("torchrun ")[2] for line in lines if "torchrun " in line]
    (container,) = list(yaml.safe_load_all(KUBERNETES))[1]["spec"]["template"]["spec"]["containers"]
    return [shlex.split(line) for line in shown] + [container["command"][1:]]


@pytest.mark.parametrize("arguments", commands(), ids=lambda arguments: arguments[0])
def test_torchrun_knows_the_options(arguments: list[str]) -> None:
    options = parse_args(arguments)
    assert options.training_script == "train.py"
    assert options.nproc_per_node == "8"
    assert parse_min_max_nnodes(options.nnodes) == ((1, 1) if options.standalone else (2, 2))
    if not options.standalone:
        assert options.rdzv_backend == "c10d"
        assert options.rdzv_endpoint.endswith(":29400")
        assert options.rdzv_id != "none"


def test_there_are_three_ways_to_start_two_machines() -> None:
    assert len(commands()) == 4


def test_slurm_starts_one_agent_on_each_machine() -> None:
    wishes = dict(re.findall(r"^#SBATCH --([\w-]+)=(\S+)", BASH, re.MULTILINE))
    assert wishes["ntasks-per-node"] == "1"
    assert (wishes["nodes"], wishes["gpus-per-node"]) == ("2", "8")


def test_the_pods_find_number_0() -> None:
    service, job = yaml.safe_load_all(KUBERNETES)
    name, pod = job["metadata"]["name"], job["spec"]["template"]["spec"]
    assert service["spec"] == {"clusterIP": "None", "selector": {"job-name": name}}
    assert pod["subdomain"] == service["metadata"]["name"]
    (container,) = pod["containers"]
    assert f"--rdzv-endpoint={name}-0.{pod['subdomain']}:29400" in container["command"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 2
    assert job["spec"]["completionMode"] == "Indexed"
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 8}
