"""Step Functions: executions that stop when they are stopped, and Maps that keep their results.

Needs: `--concurrency` of a run, which a Map takes by path; `segue abort` stops an execution with running Map items and nested executions; Retry with a capped delay; throttling
known by its name; results of a Distributed Map in S3; the history of one of its items.
"""
import contextvars
import json
import random
import threading
import time
import types

from ministack.services import s3
from ministack.services import stepfunctions as sf

from .guard import expect_arguments, expect_in_source

Failed = sf._ExecutionError
current = contextvars.ContextVar("segue_current", default=None)  # the execution whose task runs in this thread
token_of = contextvars.ContextVar("segue_token", default=None)  # the task token, where that task waits for one
items_of = contextvars.ContextVar("segue_items", default=None)  # collects the children of the Map run of this thread
parents = {}  # ARN of a nested execution -> ARN of the one that waits for it
ended = {}  # ARN of an execution -> event, set once it has ended


class Aborted(BaseException):
    """Raised in the thread of an execution that was stopped; no Exception, so that no Catch or Retry sees it."""


def stopped(execution):
    """Whether the execution, or one that it is part of, has ended."""
    while execution:
        if execution["status"] != "RUNNING":
            return True
        run = sf._map_runs.get(execution.get("mapRunArn"))
        execution = sf._executions.get(run["executionArn"] if run else parents.get(execution["executionArn"]))
    return False


def add_event(execution, event_type, details=None):
    """Every task and every state of a machine comes by here: the place to stop what was stopped."""
    if not event_type.startswith("Execution") and stopped(execution):
        raise Aborted
    if event_type == "TaskScheduled":
        current.set(execution)
    return add_event_original(execution, event_type, details)


def stop_descendants():
    for execution in list(sf._executions.values()):
        if execution["status"] == "RUNNING" and stopped(execution):
            execution.update(status="ABORTED", stopDate=sf.now_iso())
            add_event_original(execution, "ExecutionAborted", {"executionAbortedEventDetails": {}})
            if not execution.get("mapRunArn"):
                sf._emit_execution_status_event(execution)
            signal_end(execution["executionArn"])
    for run in list(sf._map_runs.values()):
        if run["status"] == "RUNNING" and stopped(sf._executions.get(run["executionArn"])):
            run.update(status="ABORTED", stopDate=sf.now_iso())


def signal_end(arn):
    ended.setdefault(arn, threading.Event()).set()


def stop_execution(data):
    answer = stop_original(data)
    if answer[0] == 200:
        signal_end(data["executionArn"])
        stop_descendants()
    return answer


def fail_execution(execution, error, cause):
    if execution["status"] == "RUNNING":
        fail_original(execution, error, cause)
        stop_descendants()


def run_execution(arn):
    try:
        run_original(arn)
    except Aborted:
        pass
    finally:
        signal_end(arn)


def start_execution(data):
    """Idempotent, as the service is: the same name and input while that execution runs is that execution."""
    answer = start_original(data)
    if answer[0] == 400 and b'"ExecutionAlreadyExists"' in answer[2]:
        machine = sf._state_machines[sf._resolve_state_machine_arn(data["stateMachineArn"])]
        arn = f"{machine['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{data['name']}"
        execution = sf._executions[arn]
        if execution["status"] == "RUNNING" and execution["input"] == data.get("input", "{}"):
            return sf.json_response({"executionArn": arn, "startDate": execution["startDate"]})
    return answer


def nested_sync(resource, input_data):
    """startExecution.sync: a real execution of its own, with events, and stopped along with the one that waits."""
    status, _, body = sf._start_execution(sf._nested_start_execution_request(input_data))
    payload = json.loads(body)
    if status >= 400:
        raise Failed(f"StepFunctions.{payload['__type'].removesuffix('Exception')}Exception", payload.get("message", ""))
    arn, parent = payload["executionArn"], current.get()
    if parent:
        parents[arn] = parent["executionArn"]
        if stopped(parent):
            stop_descendants()
    ended.setdefault(arn, threading.Event()).wait()
    child = json.loads(sf._describe_execution({"executionArn": arn})[2])
    described = {key[0].upper() + key[1:]: value for key, value in child.items()}
    if child["status"] != "SUCCEEDED":
        raise Failed("States.TaskFailed", json.dumps(described))
    if resource.endswith(":2"):
        described["Output"] = json.loads(child["output"])
    return described


def matching_retrier(retriers, error, counts):
    """With MaxDelaySeconds and JitterStrategy, which the original does not know; it gets the delay as a fixed interval."""
    retrier, index = retrier_original(retriers, error, counts)
    if retrier is None:
        return retrier, index
    count, rate = min(counts.get(index, 0), 100), retrier.get("BackoffRate", 2.0)
    delay = min(retrier.get("IntervalSeconds", 1) * rate**count, retrier.get("MaxDelaySeconds", 60))
    if retrier.get("JitterStrategy") == "FULL":
        delay *= random.random()
    return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}, index


def call_lambda(function, event):
    try:
        return call_original(function, event)
    except Failed as failure:
        if '"TooManyRequestsException"' in (failure.cause or ""):  # reserved concurrency reached; nothing was started
            failure = Failed("Lambda.TooManyRequestsException", failure.cause)
        waiting = sf._task_tokens.get(token_of.get())
        if waiting:  # the original waits on for a token that nobody was given
            waiting["error"] = {"Error": failure.error, "Cause": failure.cause}
            waiting["event"].set()
        raise failure from None


def invoke_with_callback(resource, input_data, token, state_def):
    token_of.set(token)
    try:
        return callback_original(resource, input_data, token, state_def)
    finally:
        token_of.set(None)


def run_sub_machine(states, start_at, input_data, execution, ctx):
    """Items of a Distributed Map are executions of their own: their history begins and ends like any other."""
    if "mapRunArn" not in execution or execution["events"]:
        return sub_machine_original(states, start_at, input_data, execution, ctx)
    add_event_original(execution, "ExecutionStarted", {"executionStartedEventDetails": {"input": execution["input"]}})
    items_of.get().append(execution)
    if stopped(execution):
        stop_descendants()
        raise Aborted
    try:
        output = sub_machine_original(states, start_at, input_data, execution, ctx)
    except Failed as failure:
        add_event_original(execution, "ExecutionFailed",
                           {"executionFailedEventDetails": {"error": failure.error, "cause": failure.cause}})
        raise
    add_event_original(execution, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": json.dumps(output)}})
    if stopped(execution):
        raise Aborted
    return output


def distributed_map(state_def, raw_input, effective, iterator, execution, ctx):
    """With the ResultWriter: results go to S3 however the run ends, and the state's result says where."""
    writer = state_def.get("ResultWriter")
    children = []
    items_of.set(children)
    shaping = ("ResultSelector", "ResultPath", "OutputPath") if writer else ()
    state = {k: v for k, v in state_def.items() if k not in shaping}
    if "MaxConcurrencyPath" in state:  # the original knows the number alone, and runs all items at once without it
        state["MaxConcurrency"] = sf._resolve_path_or_ctx(state["MaxConcurrencyPath"], effective, ctx)
    try:
        output, following = map_original(state, raw_input, effective, iterator, execution, ctx)
    finally:
        if stopped(execution):
            stop_descendants()
            for child in children[:1]:
                sf._map_runs[child["mapRunArn"]]["status"] = "ABORTED"
        elif writer:
            written = write_results(sf._resolve_params_obj(writer.get("Parameters") or {}, effective, ctx), children, execution)
    if stopped(execution):
        raise Aborted
    if writer:
        result = sf._apply_result_selector(state_def, written)
        output = sf._apply_output_path(state_def, sf._apply_result_path(state_def, raw_input, result), ctx)
    return output, following


def write_results(where, children, execution):
    run_arn = children[0]["mapRunArn"] if children else execution["executionArn"].replace(":execution:", ":mapRun:")
    folder = "/".join(filter(None, [where.get("Prefix", "").strip("/"), run_arn.rsplit(":", 1)[-1]]))
    files = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for status, listed in files.items():
        rows = [{name[0].upper() + name[1:]: child[name] for name in (
            "executionArn", "input", "name", "output", "error", "cause", "startDate", "stopDate", "stateMachineArn", "status")
            if child.get(name) is not None} for child in children if child["status"] == status]
        if rows:
            listed.append(put_json(where["Bucket"], f"{folder}/{status}_0.json", rows))
    manifest = {"DestinationBucket": where["Bucket"], "MapRunArn": run_arn, "ResultFiles": files}
    put_json(where["Bucket"], f"{folder}/manifest.json", manifest)
    return {"MapRunArn": run_arn, "ResultWriterDetails": {"Bucket": where["Bucket"], "Key": f"{folder}/manifest.json"}}


def put_json(bucket, key, value):
    body = json.dumps(value).encode()
    status, _, answer = s3._put_object(bucket, key, body, {})
    if status >= 300:
        raise Failed("States.ResultWriterFailed", f"s3://{bucket}/{key}: {answer!r}")
    return {"Key": key, "Size": len(body)}


def install():
    expect_in_source(sf._run_execution, "time.sleep(0.15)", 'while current_name and execution["status"] == "RUNNING":')
    expect_in_source(sf._execute_task, '_add_event(execution, "TaskScheduled", {', "_scaled_sleep(min(sleep_sec, 60))")
    expect_in_source(sf._run_distributed_map, "except Exception as exc:", "child_input, child, item_ctx)",
                     'max_conc = int(state_def.get("MaxConcurrency") or 0)')
    expect_arguments(sf, _resolve_path_or_ctx=["path", "data", "ctx"])
    expect_in_source(sf._invoke_resource, "return _invoke_nested_start_execution_sync(resource, input_data)")
    expect_in_source(sf.handle_request, '"StartExecution": _start_execution,', '"StopExecution": _stop_execution,')
    for name, patch in (("add_event", add_event), ("stop_execution", stop_execution), ("fail_execution", fail_execution),
                        ("run_execution", run_execution), ("start_execution", start_execution),
                        ("find_matching_retrier", matching_retrier), ("call_lambda", call_lambda),
                        ("invoke_with_callback", invoke_with_callback), ("run_sub_machine", run_sub_machine),
                        ("run_distributed_map", distributed_map)):
        original = getattr(sf, "_" + name)
        assert original.__code__.co_argcount == patch.__code__.co_argcount, f"stepfunctions._{name} changed: re-check patches"
        globals()[ORIGINALS.get(name, name.split("_")[0]) + "_original"] = original
        setattr(sf, "_" + name, patch)
    expect_arguments(sf, _invoke_nested_start_execution_sync=["resource", "input_data"])
    sf._invoke_nested_start_execution_sync = nested_sync
    # The emulator pauses 150 ms before each execution; a run starts many nested ones.
    sf.time = types.SimpleNamespace(time=time.time, sleep=lambda seconds: None if seconds == 0.15 else time.sleep(seconds))
    hook = threading.excepthook
    threading.excepthook = lambda args: None if args.exc_type is Aborted else hook(args)


ORIGINALS = {"add_event": "add_event", "find_matching_retrier": "retrier", "invoke_with_callback": "callback",
             "run_sub_machine": "sub_machine", "run_distributed_map": "map"}
