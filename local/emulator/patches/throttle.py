"""DynamoDB's throttling: a table takes no more units a second than its own maximum, as `OnDemandThroughput` says it.

Need: ministack never throttles. A run against a slow table, and how quickly one is stopped, can be shown only on a table
that refuses work. `UpdateTable` changes the maximum while a run is under way.

A bucket holds the units of one second. A request is let in while there are any, and pays what it costs even so: a page or a
transaction bigger than the bucket is taken, and the ones after it wait. Refused is what the service refuses: the whole
call, single items of a batch, single statements, or a transaction with its reasons. Not charged: indexes; ExecuteTransaction.

Calls to such a table are written to `calls.log` with their time and their units: a witness that is independent of what
Segue records about itself.
"""
import json
import os
import time

from ministack.services import dynamodb as db

from .guard import expect_arguments, expect_in_source

BUCKETS = "_segue_buckets"  # beside ministack's own private entries in a table's record
MESSAGE = "Throughput exceeds the maximum OnDemandThroughput configured on table or index."
calls = None


class Bucket:
    """Units that may be spent now, those of one second at most; below zero while a big request is paid off."""

    def __init__(self, rate):
        self.units, self.at = rate, time.monotonic()

    def refill(self, rate):
        now = time.monotonic()
        self.units, self.at = min(rate, self.units + (now - self.at) * rate), now


def limited(name):
    """The table of this name, if it has a maximum."""
    table = db._tables.get(db._normalize_table_name(name)) if isinstance(name, str) else None
    return table if table and table.get("OnDemandThroughput") else None


def bucket_of(table, kind):
    """The bucket of the table for "Read" or "Write", as full as it is now; none without a maximum."""
    rate = table["OnDemandThroughput"].get(f"Max{kind}RequestUnits", -1)
    buckets = table.setdefault(BUCKETS, {})
    if rate < 0:
        buckets.pop(kind, None)
        return None
    bucket = buckets.setdefault(kind, Bucket(rate))
    bucket.refill(rate)
    return bucket


def is_open(table, kind):
    bucket = bucket_of(table, kind)
    return bucket is None or bucket.units > 0


def charge(table, kind, units):
    bucket = bucket_of(table, kind)
    if bucket is not None:
        bucket.units -= units


def note(table, action, kind, units, throttled=0):
    """One line for a call and table: what it cost, and how many of its items or statements were refused."""
    calls.write(json.dumps({"at": time.time() * 1000, "table": table["TableName"], "action": action, "kind": kind.lower(),
                            "units": units, "throttled": throttled}) + "\n")


def sizes(table, new, key):
    """Bytes of the item that is written and of the one that it replaces. Malformed ones are the original's to refuse."""
    try:
        pk, sk, error = db._resolve_table_key_values(table, key, allow_extra=True)
        old = None if error else table["items"].get(pk, {}).get(sk)
        return max(db._item_size_bytes(new or {}), db._item_size_bytes(old or {}))
    except (AttributeError, TypeError, ValueError):
        return 0


def write_units(table, new=None, key=None):
    return db._capacity_kb(sizes(table, new, key or new))


def read_units(size, consistent):
    return max(1, -(-size // 4096)) * (1 if consistent else 0.5)


def refuse(table, kind, code="ThrottlingException"):
    reason = f"Table{kind}MaxOnDemandThroughputExceeded"
    reasons = [{"reason": reason, "resource": table["TableArn"]}]
    return db.error_response_json(code, MESSAGE, 400, {"throttlingReasons": reasons})


def writing(action, original):
    def handle(data):
        table = limited(data.get("TableName"))
        if table is None:
            return original(data)
        if not is_open(table, "Write"):
            note(table, action, "Write", 0, 1)
            return refuse(table, "Write")
        units = write_units(table, data.get("Item"), data.get("Key"))
        charge(table, "Write", units)
        note(table, action, "Write", units)
        return original(data)

    return handle


def reading(action, original):
    """A page pays for the bytes of its response: a little more than the service counts, and with a filter less."""

    def handle(data):
        table = limited(data.get("TableName"))
        if table is None:
            return original(data)
        if not is_open(table, "Read"):
            note(table, action, "Read", 0, 1)
            return refuse(table, "Read")
        answer = original(data)
        units = read_units(len(answer[2]), data.get("ConsistentRead"))
        charge(table, "Read", units)
        note(table, action, "Read", units)
        return answer

    return handle


def batching(action, kind, requests_of, left_over, original):
    """BatchWriteItem or BatchGetItem: what has no units left is returned as unprocessed; if that is all, the call fails."""

    def handle(data):
        named = data.get("RequestItems")
        tables = {name: limited(name) for name in named} if isinstance(named, dict) else {}
        if not any(tables.values()):
            return original(data)
        kept, left = {}, {}
        for name, given in named.items():
            table, requests = tables[name], requests_of(given)
            if table is None or not isinstance(requests, list):
                kept[name] = given
                continue
            taken, paid = [], 0
            for request in requests:
                if not is_open(table, kind):
                    break
                units = units_of(table, given, request)
                charge(table, kind, units)
                taken.append(request)
                paid += units
            note(table, action, kind, paid, len(requests) - len(taken))
            for part, some in ((kept, taken), (left, requests[len(taken):])):
                if some:
                    part[name] = some if kind == "Write" else {**given, "Keys": some}
        if not kept:
            return refuse(next(filter(None, tables.values())), kind)
        answer = original({**data, "RequestItems": kept})
        if answer[0] != 200 or not left:
            return answer
        body = json.loads(answer[2])
        return answer[0], answer[1], json.dumps({**body, left_over: {**body.get(left_over, {}), **left}}).encode()

    def units_of(table, given, request):
        if kind == "Read":
            return read_units(sizes(table, None, request), given.get("ConsistentRead"))
        put, delete = (request.get(name) or {} for name in ("PutRequest", "DeleteRequest"))
        return write_units(table, put.get("Item"), delete.get("Key"))

    return handle


def transacting(action, kind, original):
    """TransactWriteItems or TransactGetItems: twice the units, and all or nothing."""

    def handle(data):
        actions = [next(iter(item.values()), None) if isinstance(item, dict) else None for item in data.get("TransactItems") or []]
        tables = [limited(each.get("TableName")) if isinstance(each, dict) else None for each in actions]
        if not any(tables):
            return original(data)
        closed = {id(table) for table in tables if table and not is_open(table, kind)}
        for table in {id(table): table for table in tables if table}.values():
            own = [each for each, other in zip(actions, tables) if other is table]
            units = 0 if closed else sum(2 * units_of(table, each) for each in own)
            charge(table, kind, units)
            note(table, action, kind, units, len(own) if id(table) in closed else 0)
        return cancel([id(table) in closed for table in tables]) if closed else original(data)

    def units_of(table, each):
        return write_units(table, each.get("Item"), each.get("Key")) if kind == "Write" else read_units(sizes(table, None, each.get("Key")), True)

    return handle


def cancel(throttled):
    reasons = [{"Code": "ThrottlingError", "Message": MESSAGE} if each else {"Code": "None"} for each in throttled]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return db.error_response_json("TransactionCanceledException", message, 400, {"CancellationReasons": reasons})


class Batch:
    """Whether a statement is one of a BatchExecuteStatement, where its refusal has a name of its own."""

    under_way = False


def execute_batch(data):
    Batch.under_way = True
    try:
        return batch_statements_original(data)
    finally:
        Batch.under_way = False


def execute_statement(data):
    try:
        parsed = db._parse_partiql(data.get("Statement", ""), data.get("Parameters", []))
        table = limited(parsed["table"])
    except (ValueError, TypeError, AttributeError, KeyError):
        table = None  # the original's to refuse
    if table is None:
        return statement_original(data)
    kind = "Read" if parsed["op"] == "SELECT" else "Write"
    action = "BatchExecuteStatement" if Batch.under_way else "ExecuteStatement"
    if not is_open(table, kind):
        note(table, action, kind, 0, 1)
        return refuse(table, kind, "ThrottlingError" if Batch.under_way else "ThrottlingException")
    item = parsed.get("item") or {}
    answer = statement_original(data)
    if kind == "Read":
        units = read_units(len(answer[2]), data.get("ConsistentRead"))
    else:
        units = write_units(table, item["M"] if set(item) == {"M"} else item)
    charge(table, kind, units)
    note(table, action, kind, units)
    return answer


def install():
    global calls, batch_statements_original, statement_original
    calls = open(os.environ["SEGUE_CALLS"], "w", buffering=1)
    names = {"PutItem": "_put_item", "UpdateItem": "_update_item", "DeleteItem": "_delete_item", "GetItem": "_get_item",
             "Query": "_query", "Scan": "_scan", "BatchWriteItem": "_batch_write_item", "BatchGetItem": "_batch_get_item",
             "TransactWriteItems": "_transact_write_items", "TransactGetItems": "_transact_get_items",
             "ExecuteStatement": "_execute_statement", "BatchExecuteStatement": "_batch_execute_statement"}
    expect_in_source(db.handle_request, *(f'"{action}": {name},' for action, name in names.items()))
    expect_arguments(db, **{name: ["data"] for name in names.values()})
    expect_arguments(db, _resolve_table_key_values=["table", "attributes", "allow_extra"], _capacity_kb=["nbytes"],
                     _item_size_bytes=["item"], _parse_partiql=["statement", "parameters"])
    expect_in_source(db._update_table, '"MaxReadRequestUnits": int(odt.get("MaxReadRequestUnits", -1)),')
    batch_statements_original, statement_original = db._batch_execute_statement, db._execute_statement
    db._batch_execute_statement, db._execute_statement = execute_batch, execute_statement
    for action in ("PutItem", "UpdateItem", "DeleteItem"):
        setattr(db, names[action], writing(action, getattr(db, names[action])))
    for action in ("GetItem", "Query", "Scan"):
        setattr(db, names[action], reading(action, getattr(db, names[action])))
    db._batch_write_item = batching("BatchWriteItem", "Write", lambda given: given, "UnprocessedItems", db._batch_write_item)
    db._batch_get_item = batching("BatchGetItem", "Read", lambda given: isinstance(given, dict) and given.get("Keys"),
                                  "UnprocessedKeys", db._batch_get_item)
    for action, kind in (("TransactWriteItems", "Write"), ("TransactGetItems", "Read")):
        setattr(db, names[action], transacting(action, kind, getattr(db, names[action])))
