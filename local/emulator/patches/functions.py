"""Lambda: failures with their names, environments that live on after them, and none that outlive the server.

Needs: Step Functions retries and catches by error name; a handler's error must not cost a cold start, nor a silent handler
50 ms; a process that exits or is killed in mid-invocation is a failed invocation at once.
"""
from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc as service

from .guard import expect_arguments, expect_in_source

MARK = "__segue_error"
HANDLER_ERROR = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
THROWN_ERROR = 'status: "error", error: e.message, trace: e.stack'
# What the real runtime answers; sent as a result, since for "error" ministack ends the environment.
NAMED = """status: "ok", result: { __segue_error: { errorType: (ERR && (ERR.name || ERR.code)) || "Error",
  errorMessage: String((ERR && ERR.message) ?? ERR), trace: String((ERR && ERR.stack) || "").split("\\n") } }"""
DIED = "Worker process died"


def invoke(self, event, request_id, **rest):
    result = invoke_original(self, event, request_id, **rest)
    if result.get("error") == DIED:
        message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        error = {"errorType": "Runtime.ExitError", "errorMessage": message}
        result = {**result, "status": "ok", "result": {MARK: error}}
    return result


def execute_warm(func, event, request_id):
    result = execute_original(func, event, request_id)
    body = result.get("body")
    if isinstance(body, dict) and MARK in body:
        error = body[MARK]
        log = "\n".join(filter(None, [result.get("log"), *error.get("trace", [error["errorMessage"]])]))
        result = {**result, "body": error, "error": True, "log": log}
    return result


def install():
    global invoke_original, execute_original
    script = runtime._NODEJS_WORKER_SCRIPT
    expect_in_source(script, HANDLER_ERROR, THROWN_ERROR, 'rl.on("line", async (line) => {')
    script = script.replace(HANDLER_ERROR, NAMED.replace("ERR", "err")).replace(THROWN_ERROR, NAMED.replace("ERR", "e"))
    # Standard input ends when the server does, however it ended.
    runtime._NODEJS_WORKER_SCRIPT = script + '\nrl.on("close", () => process.exit(0));\n'

    expect_in_source(runtime.Worker.invoke, f'"error": "{DIED}"', 'if response.get("status") == "error":')
    invoke_original, runtime.Worker.invoke = runtime.Worker.invoke, invoke
    expect_arguments(service, _execute_function_warm=["func", "event", "request_id"])
    execute_original, service._execute_function_warm = service._execute_function_warm, execute_warm

    # A handler that logs nothing waits this long for a first line: 50 ms in the original.
    drain = runtime.Worker._drain_stderr_bounded
    assert drain.__defaults__ == (0.050, 0.005, 0.250), "log wait changed: re-check local/emulator/patches"
    drain.__defaults__ = (0.003, 0.002, 0.250)
