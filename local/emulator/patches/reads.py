"""DynamoDB reads of a big table, in the order of the real service.

Need: ministack sorts and hashes the whole table for every page of a scan, and evaluates the key condition on the whole
partition for every query: 0.2 and 1.3 s a page on 100,000 items, half under one key. It also orders numbers and bytes
as text, and lets a scan start outside its segment. Here each table keeps its keys sorted, and a page costs what is on it.

Fast are: Scan and Query of the table itself. With a filter, a projection or COUNT the page is found here and handed to
the original; indexes and everything unusual go to the original as they are.
"""
import base64
import gc
import json
import re
from bisect import bisect_left, bisect_right, insort
from decimal import Decimal
from hashlib import sha1

from ministack.services import dynamodb as db

from .guard import expect_arguments, expect_in_source

INDEX = "_segue_index"  # beside ministack's own private entries in a table's record
PAGE_BYTES = 1_048_576
RING = 1 << 32
ORDER = {"S": lambda v: v, "N": Decimal, "B": base64.b64decode}  # Python compares text by code point: as UTF-8 bytes
encode = json.JSONEncoder(ensure_ascii=False).encode


def position(pk):
    """Where a partition key lies on the ring; a segment of a scan is an arc of it, as in the real service."""
    return int.from_bytes(sha1(str(pk).encode()).digest()[:4], "big")


class Partition:
    """The sort keys of one partition key, in order."""

    def __init__(self, sort_keys, order):
        pairs = sorted((order(sk), sk) for sk in sort_keys)
        self.orders = [pair[0] for pair in pairs]
        self.names = dict(pairs)


class Index:
    """The keys of one table, in order; partitions are sorted when first read and kept sorted from then on."""

    def __init__(self, table):
        self.items = table["items"]
        sk_name = table["sk_name"]
        self.order = ORDER[db._get_attr_type(table, sk_name)] if sk_name else str
        self.ring = sorted((position(pk), pk) for pk in self.items)
        self.partitions = {}

    def partition(self, pk):
        found = self.partitions.get(pk)
        if found is None:
            found = Partition(self.items.get(pk, ()), self.order)
            if pk in self.items:
                self.partitions[pk] = found
        return found

    def added(self, pk, sk):
        if len(self.items[pk]) == 1:
            insort(self.ring, (position(pk), pk))
        found = self.partitions.get(pk)
        if found is not None:
            insort(found.orders, self.order(sk))
            found.names[self.order(sk)] = sk

    def removed(self, pk, sk):
        found = self.partitions.get(pk)
        if found is not None:
            order = self.order(sk)
            del found.orders[bisect_left(found.orders, order)], found.names[order]
        if pk not in self.items:
            del self.ring[bisect_left(self.ring, (position(pk), pk))]
            self.partitions.pop(pk, None)


def index_of(table):
    index = table.get(INDEX)
    if index is None or index.items is not table["items"]:  # a restore swaps the items as a whole
        index = table[INDEX] = Index(table)
    return index


def key_of(table, key):
    """(pk, order of sk) of a start key, or None where the original has to say what is wrong with it."""
    pk, sk, error = db._resolve_table_key_values(table, key, allow_extra=False)
    try:
        return None if error else (pk, index_of(table).order(sk))
    except (ValueError, ArithmeticError):
        return None


def refuse(message):
    return db.error_response_json("ValidationException", message, 400)


def answer(data, table, items):
    """The response for these items, of which no more than one page is looked at."""
    plain = not data.keys() & {"FilterExpression", "ProjectionExpression"} and data.get("Select") in (None, "ALL_ATTRIBUTES")
    limit = data.get("Limit")
    page, texts, size, more = [], [], 0, False
    for item in items:
        # An item's JSON is a little longer than what DynamoDB counts, so pages end a little early. Nobody may count on it.
        text = encode(item).encode() if plain else b""
        size += len(text) if plain else db._item_size_bytes(item)
        if plain and page and size > PAGE_BYTES:
            more = True
            break
        page.append(item)
        texts.append(text)
        if len(page) == limit or size > PAGE_BYTES:
            more = True
            break
    if not plain:
        return hand_over(data, table, page)
    result = {"Count": len(page), "ScannedCount": len(page)}
    if more:
        result["LastEvaluatedKey"] = db._build_key(page[-1], table["pk_name"], table["sk_name"])
    db._add_consumed_capacity(result, data, db._normalize_table_name(data["TableName"]))
    body = b'{"Items": [' + b", ".join(texts) + b"], " + encode(result)[1:].encode()
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, body


def hand_over(data, table, page):
    """Let the original filter and project, on a stand-in for the table that holds this page only."""
    query = "KeyConditionExpression" in data
    rest = {k: v for k, v in data.items() if k not in ("ExclusiveStartKey", "Segment", "TotalSegments")}
    pk = db._extract_key_val(page[0][table["pk_name"]]) if page else ""
    name = db._normalize_table_name(data["TableName"])
    db._tables[name] = {**table, "items": {pk: dict(enumerate(page))}}
    try:
        return (query_original if query else scan_original)(rest)
    finally:
        db._tables[name] = table


def usual(data, allowed):
    """Whether a request has nothing but what is understood here."""
    limit = data.get("Limit", 1)
    return data.keys() <= allowed and isinstance(limit, int) and limit > 0 and isinstance(data.get("TableName"), str)


COMMON = {"TableName", "Limit", "ExclusiveStartKey", "ConsistentRead", "ReturnConsumedCapacity", "FilterExpression",
          "ProjectionExpression", "Select", "ExpressionAttributeNames", "ExpressionAttributeValues"}
SCAN = COMMON | {"Segment", "TotalSegments"}
QUERY = COMMON | {"KeyConditionExpression", "ScanIndexForward"}


def scan(data):
    table = db._tables.get(db._normalize_table_name(data.get("TableName"))) if usual(data, SCAN) else None
    segment, total = data.get("Segment", 0), data.get("TotalSegments", 1)
    whole = ("Segment" in data) == ("TotalSegments" in data) and all(isinstance(n, int) for n in (segment, total))
    if not table or not whole or not 0 <= segment < total <= 1_000_000:
        return scan_original(data)
    index = index_of(table)
    low, high = -(-segment * RING // total), -(-(segment + 1) * RING // total)
    start, after = bisect_left(index.ring, (low,)), None
    if data.get("ExclusiveStartKey"):
        key = key_of(table, data["ExclusiveStartKey"])
        if key is None:
            return scan_original(data)
        at = (position(key[0]), key[0])
        if not low <= at[0] < high:
            return refuse("Exclusive start key must lie within the segment")
        start, after = bisect_left(index.ring, at), key

    def items():
        for i in range(start, len(index.ring)):
            hashed, pk = index.ring[i]
            if hashed >= high:
                return
            part = index.partition(pk)
            first = bisect_right(part.orders, after[1]) if after and after[0] == pk else 0
            for j in range(first, len(part.orders)):
                yield index.items[pk][part.names[part.orders[j]]]

    return answer(data, table, items())


NAME, VALUE = r"\s*(#?[A-Za-z_][\w.-]*)\s*", r"\s*(:\w+)\s*"
CONDITION = re.compile(
    rf"^{NAME}={VALUE}(?:\s+AND\s+{NAME}(?:(=|<=|<|>=|>){VALUE}|BETWEEN\s{VALUE}AND\s{VALUE}))?$", re.IGNORECASE)


def query(data):
    table = db._tables.get(db._normalize_table_name(data.get("TableName"))) if usual(data, QUERY) else None
    found = CONDITION.match(data.get("KeyConditionExpression") or "") if table else None
    bounds = found and key_range(data, table, found)
    if not bounds:
        return query_original(data)
    pk, low, low_in, high, high_in = bounds
    index = index_of(table)
    part, forward = index.partition(pk), data.get("ScanIndexForward", True)
    first = 0 if low is None else (bisect_left if low_in else bisect_right)(part.orders, low)
    last = len(part.orders) if high is None else (bisect_right if high_in else bisect_left)(part.orders, high)
    if data.get("ExclusiveStartKey"):
        key = key_of(table, data["ExclusiveStartKey"])
        if key is None:
            return query_original(data)
        at = key[1]
        if key[0] != pk or (low is not None and (at < low or (at == low and not low_in))) or (
                high is not None and (at > high or (at == high and not high_in))):
            return refuse("The provided starting key is outside query boundaries based on provided conditions")
        if forward:
            first = max(first, bisect_right(part.orders, at))
        else:
            last = min(last, bisect_left(part.orders, at))
    positions = range(first, last) if forward else range(last - 1, first - 1, -1)
    of_key = index.items.get(pk, {})
    return answer(data, table, (of_key[part.names[part.orders[i]]] for i in positions))


def key_range(data, table, found):
    """(pk, low, inclusive, high, inclusive) of a key condition, or None where it is not plainly one."""
    names, values = data.get("ExpressionAttributeNames") or {}, data.get("ExpressionAttributeValues") or {}
    pk_name, pk_value, sk_name, operator, value, lower, upper = found.groups()
    used = {v for v in (pk_value, value, lower, upper) if v}
    plain = not data.keys() & {"FilterExpression", "ProjectionExpression"}
    if plain and (used != set(values) or {n for n in (pk_name, sk_name) if n and n[0] == "#"} != set(names)):
        return None  # the original knows the words for an unused or missing name

    def operand(placeholder, key):
        """The value, if it has the type of the key; anything else is an error the original words."""
        typed = values.get(placeholder)
        wanted = db._get_attr_type(table, key)
        ok = isinstance(typed, dict) and list(typed) == [wanted] and isinstance(typed[wanted], str) and typed[wanted]
        return typed[wanted] if ok else None

    if names.get(pk_name, pk_name) != table["pk_name"] or (sk_name and names.get(sk_name, sk_name) != table["sk_name"]):
        return None
    pk = operand(pk_value, table["pk_name"])
    order = index_of(table).order
    try:
        bounds = [order(operand(v, table["sk_name"])) for v in (value, lower, upper) if v]
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return None
    if pk is None or None in bounds:
        return None
    if not bounds:
        return pk, None, False, None, False
    if lower:
        return None if bounds[0] > bounds[1] else (pk, bounds[0], True, bounds[1], True)
    (bound,) = bounds
    at_least = bound if operator in ("=", ">", ">=") else None
    at_most = bound if operator in ("=", "<", "<=") else None
    return pk, at_least, operator != ">", at_most, operator != "<"


def set_item(table, pk, sk, item):
    old = set_original(table, pk, sk, item)
    index = table.get(INDEX)
    if old is None and index is not None and index.items is table["items"]:
        index.added(pk, sk)
    return old


def remove_item(table, pk, sk):
    old = remove_original(table, pk, sk)
    index = table.get(INDEX)
    if old is not None and index is not None and index.items is table["items"]:
        index.removed(pk, sk)
    return old


def resolve_key(table, attributes, allow_extra):
    """Numbers in keys are compared as numbers: an item put as 1E+2 is found as 100."""
    pk, sk, error = resolve_original(table, attributes, allow_extra)
    if error is None:
        pk, sk = (db._ddb_canonicalize_number(value) or value if name and "N" in attributes[name] else value
                  for name, value in ((table["pk_name"], pk), (table["sk_name"], sk)))
    return pk, sk, error


def install():
    global scan_original, query_original, set_original, remove_original, resolve_original
    expect_arguments(db, _scan=["data"], _query=["data"], _set_item=["table", "pk_val", "sk_val", "item"],
                     _remove_item=["table", "pk_val", "sk_val"], _resolve_table_key_values=["table", "attrs", "allow_extra"])
    expect_in_source(db._scan, 'for pk in sorted(table["items"].keys()):', 'for sk in sorted(table["items"][pk].keys()):')
    expect_in_source(db._query, 'candidates = list(table["items"].get(pk_val, {}).values())')
    expect_in_source(db.handle_request, '"Query": _query,', '"Scan": _scan,')
    scan_original, query_original, set_original, remove_original = db._scan, db._query, db._set_item, db._remove_item
    db._scan, db._query, db._set_item, db._remove_item = scan, query, set_item, remove_item
    resolve_original, db._resolve_table_key_values = db._resolve_table_key_values, resolve_key
    # Millions of small dicts live here; the default thresholds walk them all again and again (pauses of 0.4 s).
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)
