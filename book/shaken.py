"""Torch as another processor may compute: in many results the last three bits are others.

A processor decides in which order the entries of a sum are added up, whether a product is rounded
before it is added, and by which formula an exponential is approximated. What is left of that in
print is found on any one machine by changing the last bits of such results, and by comparing all
outputs with the stored ones. The change is a function of the value alone, so that equal
computations stay equal. It takes the bits that stand five places before the last three, and these
are zeros in numbers that every processor computes exactly: whole numbers up to 65536, halves and
quarters, zeros, infinities and NaN stay what they are.

``start`` puts a function of its own before torch's kernels for the operations named below. Only
these become slower, and what lies above the kernels (autograd, torch.func, torch.fx, torch.export,
torch.compile) does not notice. ``book.kernels.kernel_environment`` has each process that imports
torch call it, the workers that a notebook starts too.

Not seen: loops that torch.compile writes itself; results in half precision or complex numbers; what
NumPy, SciPy and scikit-learn compute (``book/portable.py`` has them compute as an old processor
with one thread); a
difference larger than the last bits, but where later steps magnify it; and a number so near to the
edge of its rounding, or of a tolerance, that other bits would have to change.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch

PRODUCTS = """mm addmm bmm baddbmm addbmm addmv addr dot vdot convolution convolution_backward
    mkldnn_rnn_layer mkldnn_rnn_layer_backward _cdist_forward _cdist_backward _pdist_forward
    _scaled_dot_product_flash_attention_for_cpu grid_sampler_2d grid_sampler_2d_backward
    _scaled_dot_product_flash_attention_for_cpu_backward upsample_bilinear2d upsample_bicubic2d
    upsample_linear1d upsample_bilinear2d_backward upsample_bicubic2d_backward lerp addcmul addcdiv
    linalg_cholesky_ex linalg_eig _linalg_eigh _linalg_svd _linalg_det _linalg_slogdet
    _linalg_solve_ex linalg_inv_ex linalg_lstsq linalg_lu_factor_ex linalg_matrix_exp linalg_qr
    linalg_solve_triangular cholesky_solve cholesky_inverse"""
REDUCTIONS = """sum nansum var std var_mean std_mean prod cumsum cumprod logsumexp logcumsumexp
    linalg_vector_norm native_batch_norm native_batch_norm_backward native_layer_norm
    native_layer_norm_backward native_group_norm native_group_norm_backward _fused_rms_norm
    _softmax _log_softmax _softmax_backward_data _log_softmax_backward_data mse_loss
    nll_loss_forward nll_loss2d_forward binary_cross_entropy huber_loss smooth_l1_loss
    avg_pool2d avg_pool1d _adaptive_avg_pool2d"""
"""No mean: it calls the sum, and a share of so many in so many is the same on every processor."""
FUNCTIONS = """sqrt rsqrt exp exp2 expm1 log log2 log10 log1p pow sin cos tan asin acos atan atan2
    sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma digamma sigmoid logit logaddexp
    logaddexp2 hypot elu gelu silu mish softplus log_sigmoid_forward sigmoid_backward tanh_backward
    elu_backward gelu_backward silu_backward mish_backward softplus_backward log_sigmoid_backward
    linspace logspace normal_ uniform_ exponential_"""
OPTIMIZERS = "_fused_sgd _fused_adam _fused_adamw _fused_adagrad"
"""They write into their first argument and return nothing."""
DISTANCE, MASK = 5, 0b111
INTEGERS = {torch.float32: "i4", torch.float64: "i8"}
EXACT_POWERS = (-2, -1, -0.5, 0, 0.5, 1, 2, 3)
"""Torch computes these by products, quotients and roots, which every processor rounds alike."""


class Nested(threading.local):
    """Whether a kernel is at work whose own result will be shaken: then not those of its parts."""

    here = False


NESTED = Nested()


def shake(result: Any) -> None:
    """Change the last bits in a tensor of float32 or float64, or in each one of several."""
    if isinstance(result, (tuple, list)):
        for part in result:
            shake(part)
        return
    kind = INTEGERS.get(result.dtype) if isinstance(result, torch.Tensor) else None
    if kind is not None and result.layout is torch.strided and not result._is_zerotensor():
        pattern = (result.detach() if result.requires_grad else result).numpy().view(kind)
        change = pattern >> DISTANCE
        change &= MASK
        pattern ^= change


def exact(name: str, arguments: tuple[Any, ...]) -> bool:
    """Whether an operation has arguments for which processors agree."""
    if name.startswith("pow"):
        return any(
            argument in EXACT_POWERS for argument in arguments if not torch.is_tensor(argument)
        )
    return name == "uniform_" and arguments[1:] in ((), (0, 1))


def operations() -> Iterator[torch._ops.OpOverload]:
    """The forms of each (plain, in place, into ``out``) that have a kernel for the CPU."""
    for name in " ".join((PRODUCTS, REDUCTIONS, FUNCTIONS, OPTIMIZERS)).split():
        for base in (name, f"{name}_"):
            packet = getattr(torch.ops.aten, base, None)
            for form in packet.overloads() if packet else ():
                operation = getattr(packet, form)
                if torch._C._dispatch_has_kernel(operation.name()) and any(
                    torch._C._dispatch_has_kernel_for_dispatch_key(operation.name(), key)
                    for key in ("CPU", "CompositeExplicitAutograd")
                ):
                    yield operation


def shaking(operation: torch._ops.OpOverload) -> Callable[..., Any]:
    """The kernel of an operation, its result shaken."""
    kernel = torch.library.get_kernel(operation, "CPU").call_boxed
    name = operation._schema.name.removeprefix("aten::")
    tensors = [
        place
        for place, argument in enumerate(operation._schema.arguments)
        if str(argument.type) == "Tensor"
    ]
    checked = name.startswith(("pow", "uniform"))

    def compute(keys: Any, *arguments: Any, **options: Any) -> Any:
        nested = NESTED.here
        NESTED.here = True
        try:
            result = kernel(keys, *arguments, **options)
        except RuntimeError:
            # The dispatcher makes a plain number of a tensor that stands for one.
            numbers = {p for p in tensors[: len(arguments)] if isinstance(arguments[p], float)}
            if not numbers:
                raise
            whole = [
                torch.scalar_tensor(a, dtype=torch.float64) if place in numbers else a
                for place, a in enumerate(arguments)
            ]
            result = kernel(keys, *whole, **options)
        finally:
            NESTED.here = nested
        if not nested and not (checked and exact(name, arguments)):
            shake(arguments[0] if result is None else result)
        return result

    return compute


libraries: list[torch.library.Library] = []
"""What was put before torch's kernels, for as long as these live; empty where nothing is shaken."""


def start() -> None:
    """Shake what torch computes in this process from now on."""
    library = torch.library.Library("aten", "IMPL")
    libraries.append(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says of kernels that they are overridden
        for operation in list(operations()):
            name = operation.name().removeprefix("aten::")
            library.impl(name, shaking(operation), "CPU", with_keyset=True)
