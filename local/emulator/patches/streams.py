"""Event source mappings of table streams: retries that end, batches that are halved, and what failed kept in S3.

Needs: live changes are applied by a Lambda on the source's stream; a record that cannot be applied must reach the on-failure
bucket instead of stopping the shard for ever, and one slow mapping must not hold up the others.
"""
import contextvars
import json
import threading
import time

from ministack.services import dynamodb as db
from ministack.services import lambda_svc as service
from ministack.services import s3

from .guard import expect_arguments, expect_in_source

SHARD = "shardId-00000000000000000000-00000000"
busy = set()  # UUIDs of the mappings with a batch in hand; the order of a shard is that there is only one


def poll():
    """Give each mapping that has records, and none in hand, its next batch. True where there was one."""
    found = False
    for account, region, esm in service._iter_all_esms():
        # The stores are kept per account and region, and find both in the context.
        found = contextvars.copy_context().run(next_batch, account, region, esm) or found
    return found


def next_batch(account, region, esm):
    service._request_account_id.set(account)
    service._request_region.set(region)
    uuid, source = esm["UUID"], esm.get("EventSourceArn", "")
    if uuid in busy or not esm.get("Enabled", True) or ":dynamodb:" not in source:
        return False
    table_name, _ = service._dynamodb_stream_table_from_arn_spec(service.parse_arn(source)) or (None, None)
    table = db._tables.get(table_name)
    function, _ = service._get_func_record_for_qualifier(esm["FunctionName"], esm.get("Qualifier"))
    if not table or table.get("LatestStreamArn") != source or function is None:
        return False
    service._init_stream_position(uuid, source, esm.get("StartingPosition", "LATEST"))
    at = max(service._dynamodb_stream_positions[uuid], db.stream_start_position(table_name))
    records = db.stream_records_since(table_name, at, esm.get("BatchSize", 100))
    if not records:
        return False
    busy.add(uuid)
    work = contextvars.copy_context().run
    threading.Thread(target=work, args=(hand_over, esm, function, records, at), daemon=True).start()
    return True


def hand_over(esm, function, records, at):
    uuid = esm["UUID"]
    try:
        if deliver(esm, function, service._apply_filter_criteria(records, esm)) and service._esms.get(uuid) is esm:
            service._dynamodb_stream_positions[uuid] = at + len(records)
    except Exception:
        service.logger.exception("Event source mapping %s", uuid)
        time.sleep(1)
    finally:
        busy.discard(uuid)
        service._esm_wake.set()


def deliver(esm, function, records):
    """Invoke until every record is dealt with. False if the mapping was disabled before: then they come once more."""
    pending = [(records, 0)] if records else []
    while pending:
        batch, failures = pending.pop()
        if not esm.get("Enabled", True) or service._esms.get(esm["UUID"]) is not esm:
            return False
        result = service._execute_function(function, {"Records": batch})
        esm["LastProcessingResult"] = "PROBLEM: Function call failed" if result.get("error") else "OK"
        if not result.get("error"):
            continue
        if result.get("throttle"):
            time.sleep(0.1)
            pending.append((batch, failures))
            continue
        limit = esm.get("MaximumRetryAttempts")
        if esm.get("BisectBatchOnFunctionError") and len(batch) > 1:
            half = (len(batch) + 1) // 2
            pending += [(batch[half:], 0), (batch[:half], 0)]
        elif limit is not None and 0 <= limit <= failures:
            give_up(esm, function, batch, result)
        else:
            time.sleep(min(0.1 * 2**failures, 2))
            pending.append((batch, failures + 1))
    return True


def give_up(esm, function, batch, result):
    """An S3 destination gets the records themselves; queues and topics, which get where they are, the original serves."""
    destination = ((esm.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or ""
    if ":s3:::" not in destination:
        return service._send_ddb_stream_failure_record(
            esm, function, batch, esm["EventSourceArn"], result, "RetryAttemptsExhausted")
    now = time.gmtime()
    key = f"aws/lambda/{esm['UUID']}/{SHARD}/{time.strftime('%Y/%m/%d/%Y-%m-%dT%H.%M.%S', now)}-{service.new_uuid()}"
    record = {
        "requestContext": {"functionArn": esm["FunctionArn"], "condition": "RetryAttemptsExhausted"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", now),
        "DDBStreamBatchInfo": {
            "shardId": SHARD, "batchSize": len(batch), "streamArn": esm["EventSourceArn"],
            "startSequenceNumber": batch[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": batch[-1]["dynamodb"]["SequenceNumber"],
        },
        "payload": json.dumps({"Records": batch}),
    }
    status, _, answer = s3._put_object(destination.split(":::")[1], key, json.dumps(record).encode(), {})
    if status >= 300:
        service.logger.error("On-failure destination %s: %r", destination, answer)


def install():
    expect_in_source(service._poll_loop, "processed = _poll_dynamodb_streams() or processed")
    expect_in_source(service._update_esm, 'esm["State"] = "Enabled" if data["Enabled"] else "Disabled"')
    expect_arguments(db, stream_records_since=["table_name", "position", "limit", "account_id", "region"])
    expect_arguments(service, _poll_dynamodb_streams=[], _apply_filter_criteria=["records", "esm"],
                     _init_stream_position=["esm_id", "source_arn", "starting"])
    service._poll_dynamodb_streams = poll
    # The service's numbers have no leading zeros, and a reader that goes on after one spells it as the service does.
    expect_arguments(db, _next_stream_seq=[])
    numbered = db._next_stream_seq
    db._next_stream_seq = lambda: numbered().lstrip("0")
