"""Lambda's limits: reserved concurrency and the deadline of an invocation.

Needs: reserved concurrency is the cap on slices at work, but CloudFormation here drops the property and published versions,
which the machines invoke, do not share the function's. A slice stops by the time it has left, which the worker counted
from when it got round to the invocation rather than from when the limit began to run.
"""
import json
import time
import types

from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc as service
from ministack.services.cloudformation import provisioners

from .guard import expect_arguments, expect_in_source

DEADLINE = "Date.now() + Number(ctx.timeout_ms || 300000)"


def with_deadline(value, *args, **rest):
    """json.dumps, which writes the deadline into what a worker is sent, at the moment it is sent."""
    if isinstance(value, dict) and isinstance(value.get("ctx"), dict) and "timeout_ms" in value["ctx"]:
        deadline = int(time.time() * 1000) + value["ctx"]["timeout_ms"]
        value = {**value, "ctx": {**value["ctx"], "deadline_ms": deadline}}
    return json.dumps(value, *args, **rest)


def reserved_concurrency(func, config):
    return reserved_original(service._functions.get(config.get("FunctionName")) or func, config)


def with_concurrency(original, position):
    """The handler, which then sets the concurrency; the properties are its argument at `position`."""

    def handle(*args):
        answer = original(*args)
        reserved = args[position].get("ReservedConcurrentExecutions")
        service._functions[answer[0]]["concurrency"] = None if reserved is None else int(reserved)
        return answer

    parameters = original.__code__.co_varnames[: original.__code__.co_argcount]
    assert parameters[position] in ("props", "new_props"), f"function handler takes {parameters}: re-check local/emulator/patches"
    return handle


def install():
    global reserved_original
    expect_arguments(service, _reserved_concurrency=["func", "config"])
    expect_in_source(service._acquire_execution_slot, "reserved = _reserved_concurrency(func, config)")
    reserved_original, service._reserved_concurrency = service._reserved_concurrency, reserved_concurrency
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    for name, position in (("create", 1), ("update", 2)):
        handlers[name] = with_concurrency(handlers[name], position)

    expect_in_source(runtime._NODEJS_WORKER_SCRIPT, DEADLINE)
    runtime._NODEJS_WORKER_SCRIPT = runtime._NODEJS_WORKER_SCRIPT.replace(DEADLINE, "Number(ctx.deadline_ms)")
    runtime.json = types.SimpleNamespace(**{**vars(json), "dumps": with_deadline})
