"""Prints results that every processor computes exactly."""

import torch
import torch.nn.functional as F  # noqa: N812

torch.manual_seed(0)
for kind in (torch.float32, torch.float64, torch.int64):
    x = (torch.arange(400) * 37 % 21 - 10).to(kind).view(20, 20)
    print((x @ x).tolist(), x.sum().item(), x.cumsum(0).tolist(), x[:, 0].prod().item())
    print((2**12 * x @ torch.eye(20).to(kind)).tolist(), (x**2).sum(0).tolist())
x = (torch.arange(400) * 37 % 21 - 10).float().view(20, 20)
print(F.conv2d(x[None, None], torch.ones(1, 1, 3, 3)).tolist(), (x[:, :16] / 4).mean(1).tolist())
print(torch.zeros(3).exp().tolist(), torch.ones(3).log().tolist(), torch.zeros(2, 2).softmax(0))
print(torch.tensor([4.0, 2.25]).sqrt().tolist(), torch.tensor([3.0, 4.0]).norm().item())
print(torch.tensor([-1.0, 0.0, torch.inf]).log().tolist(), torch.full((3,), torch.inf).sum().item())
print(torch.tensor([1e30, torch.nan, -1e30]).exp().tolist(), torch.tensor([32766, 1, 0.5]).sum())
print((x > 3).float().mean().item(), x[:, :7].mean(1).tolist(), (x > 3).double().mean(0).tolist())
# What no rounding, or one that every processor does alike, has made.
print(torch.rand(50).tolist(), torch.randperm(9).tolist(), torch.rand(5).double().tolist())
print(torch.rand(9, 9).max(1), torch.rand(9).sort(), torch.randint(9, (9,)).tolist())
print((torch.rand(9) + torch.rand(9)).tolist(), (torch.rand(9) * torch.rand(9)).tolist())
print((torch.rand(9) / 3).tolist(), (torch.rand(9) ** 2).tolist())
slope = torch.func.jvp(
    lambda v: (v * 0.5).sum() + torch.ones(2).exp().sum().detach() * 0,
    (torch.ones(4),),
    (torch.ones(4),),
)[1]
print(slope.item())
