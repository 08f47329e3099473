"""How long a model takes for a payment, as the stream runs it: one thread, small batches."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from udfs.onnx_scorer import INPUT, OUTPUT

BATCH = 1000
PASSES = 3
CPUS = Path("/proc/cpuinfo")


def scoring_speed(model: bytes, features: np.ndarray) -> dict[str, Any]:
    """
    Measure an ONNX model's processor time; other programs on the machine hardly matter.

    :param model: as `to_onnx` makes it.
    :param features: float32, shape (n, f), at least one row.
    :return: microseconds_per_row (of the fastest of three passes), rows, batch and processor.
    """
    options = onnxruntime.SessionOptions()
    # All in this thread, whose time is measured.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    batches = [features[start : start + BATCH] for start in range(0, len(features), BATCH)]
    seconds = []
    for _ in range(PASSES):
        begin = time.thread_time()
        for batch in batches:
            session.run([OUTPUT], {INPUT: batch})
        seconds.append(time.thread_time() - begin)
    return {
        "microseconds_per_row": round(1e6 * min(seconds) / len(features), 2),
        "rows": len(features),
        "batch": BATCH,
        "processor": processor(),
    }


def processor() -> str:
    """The machine's processor; empty if it does not say."""
    try:
        lines = CPUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else ""
