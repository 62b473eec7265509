"""Compares equal computations bit for bit; prints an error's words, and whether torch is shaken."""

import sys

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

torch.manual_seed(0)
x = torch.rand(50, 50)
same = x.clone()
assert torch.equal(x @ x, same @ same)
assert torch.equal(x.exp(), same.clone().exp_())
assert torch.equal(x.tanh(), torch.tanh(same, out=torch.empty(50, 50)))
assert torch.equal(F.linear(x, x), x @ x.T)
assert torch.equal(x.exp()[3:7], x[3:7].exp())
assert torch.equal(x.T.exp(), x.exp().T)
assert torch.equal(x.double().log_softmax(1), x.double().log_softmax(1))

nets = [nn.Linear(50, 5), nn.Linear(50, 5)]
nets[1].load_state_dict(nets[0].state_dict())
for net in nets:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        F.cross_entropy(net(x), torch.arange(50) % 5).backward()
        optimizer.step()
assert torch.equal(nets[0].weight, nets[1].weight)

try:
    torch.rand(3, 2) @ torch.rand(3, 2)
except RuntimeError as error:
    print(error)
print("book.shaken" in sys.modules and len(sys.modules["book.shaken"].libraries))
