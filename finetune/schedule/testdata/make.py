#!/usr/bin/env python3
"""Write transformers.json beside this file: the factors of transformers' own schedules, step by step.

  pip install torch==2.15.0 transformers==5.23.0 && python make.py
"""
import json, pathlib

import torch, transformers
from transformers import optimization

cases = []


def add(kind, make, total, warmup=0, decay=0, floor=0.0, shape=""):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    factors = [scheduler.lr_lambdas[0](step) for step in range(total + 2)]
    cases.append({"kind": kind, "total": total, "warmup": warmup, "decay": decay, "floor": floor, "shape": shape,
                  "factors": factors})


for total, warmup in [(1, 0), (8, 0), (12, 2), (12, 12), (7, 9), (100, 10)]:
    add("constant", lambda o: optimization.get_constant_schedule_with_warmup(o, warmup), total, warmup)
    add("linear", lambda o: optimization.get_linear_schedule_with_warmup(o, warmup, total), total, warmup)
    add("cosine", lambda o: optimization.get_cosine_schedule_with_warmup(o, warmup, total), total, warmup)
    add("cosine", lambda o: optimization.get_cosine_with_min_lr_schedule_with_warmup(o, warmup, total, min_lr_rate=0.1),
        total, warmup, floor=0.1)
for total, warmup, decay in [(12, 2, 4), (12, 0, 12), (50, 5, 0), (50, 0, 7)]:
    for shape in ["linear", "cosine", "1-sqrt"]:
        for floor in [0.0, 0.1]:
            add("wsd", lambda o: optimization.get_wsd_schedule(o, warmup, decay, num_training_steps=total, decay_type=shape,
                                                               min_lr_ratio=floor), total, warmup, decay, floor, shape)
out = {"transformers": transformers.__version__, "cases": cases}
pathlib.Path(__file__).with_name("transformers.json").write_text(json.dumps(out) + "\n")
