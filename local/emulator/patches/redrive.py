"""Step Functions: RedriveExecution, which ministack lacks.

Need: people redrive an execution that they stopped, for up to 14 days, and it must not write beside the one that took its
place. Here the state that was under way begins again, all items of a Map too, under the same ARN and with the same input.
"""
import contextvars
import json
import threading
import types

from ministack.services import stepfunctions as sf

from . import workflow
from .guard import expect_in_source

begin_at = contextvars.ContextVar("segue_begin_at", default=None)  # the state, and its input, where this thread begins


def loads(text, *args, **rest):
    """json.loads, which reads the definition of a machine before its first state."""
    found = json.loads(text, *args, **rest)
    entered = begin_at.get()
    if entered is None or not isinstance(found, dict) or "StartAt" not in found:
        return found
    begin_at.set(None)  # Nested executions begin where their machine does.
    again = {"Type": "Pass", "Result": json.loads(entered["input"]), "Next": entered["name"]}
    return {**found, "StartAt": "Redriven", "States": {**found["States"], "Redriven": again}}


def redrive_execution(data):
    arn = data.get("executionArn")
    execution = sf._executions.get(arn)
    if not execution:
        return sf.error_response_json("ExecutionDoesNotExist", f"Execution {arn} not found", 400)
    if execution["status"] not in ("ABORTED", "FAILED", "TIMED_OUT"):
        return sf.error_response_json("ExecutionNotRedrivable", f"Execution is {execution['status']}", 400)
    states = json.loads(sf._state_machines[execution["stateMachineArn"]]["definition"])["States"]
    entered = [event["stateEnteredEventDetails"] for event in execution["events"] if "stateEnteredEventDetails" in event]
    last = [each for each in entered if each["name"] in states][-1]
    # A record of its own: what the first attempt left in other threads has the one that says that it has ended.
    rest = {name: value for name, value in execution.items() if name not in ("error", "cause")}
    sf._executions[arn] = redriven = {**rest, "status": "RUNNING", "stopDate": None, "output": None}
    workflow.ended[arn] = threading.Event()
    sf._add_event(redriven, "ExecutionRedriven", {"executionRedrivenEventDetails": {"redriveCount": 1}})
    context = contextvars.copy_context()
    context.run(begin_at.set, last)
    threading.Thread(target=context.run, args=(sf._run_execution, arn), daemon=True).start()
    return sf.json_response({"redriveDate": sf.now_iso()})


async def handle_request(method, path, headers, body, query_params):
    if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
        return sf._finalize_response(redrive_execution(json.loads(body)))
    return await handle_original(method, path, headers, body, query_params)


def install():
    global handle_original
    expect_in_source(workflow.run_original, 'definition = json.loads(sm["definition"])', 'current_name = definition.get("StartAt")')
    assert "RedriveExecution" not in sf.handle_request.__code__.co_consts, "executions can be redriven now: drop the patch"
    handle_original, sf.handle_request = sf.handle_request, handle_request
    sf.json = types.SimpleNamespace(**{**vars(json), "loads": loads})
