"""DynamoDB writes: the same answers for less work, and stream records for PartiQL inserts.

Need: a copy writes tens of thousands of items through one Python thread, which ministack mostly spends on checking each
item three times over. And what a PartiQL statement inserts must reach the table's stream.
"""
from ministack.services import dynamodb as db

from .guard import expect_arguments, expect_in_source


class Batch:
    """What one BatchWriteItem call has been through already."""

    checked: set | None = None
    priced = True


def batch_write_item(data):
    Batch.checked, Batch.priced = set(), data.get("ReturnConsumedCapacity", "NONE") != "NONE"
    try:
        return batch_write_original(data)
    finally:
        Batch.checked, Batch.priced = None, True


def validate_item(item, pk_name=None, sk_name=None, size_msg=db._ITEM_SIZE_MSG):
    if Batch.checked is not None and id(item) in Batch.checked:
        return None
    error = validate_original(item, pk_name, sk_name, size_msg)
    if Batch.checked is not None and error is None:
        Batch.checked.add(id(item))
    return error


def accumulate_write_capacity(cap, table, old_item, new_item):
    if Batch.priced:
        accumulate_original(cap, table, old_item, new_item)


def plain_integer(text):
    return isinstance(text, str) and len(text) < 38 and text.isascii() and text.isdigit() and text[0] != "0"


parsed_last = (None, None, None)


def parse_partiql(statement, parameters):
    """BatchExecuteStatement parses a statement, then ExecuteStatement parses it again, parameters and all."""
    global parsed_last
    if parsed_last[0] is not statement or parsed_last[1] is not parameters or not parameters:
        parsed_last = (statement, parameters, parse_original(statement, parameters))
    return parsed_last[2]


def partiql_insert(table, parsed):
    item = parsed.get("item") or {}
    item = item["M"] if set(item) == {"M"} else item
    error = db._validate_item(item, table["pk_name"], table["sk_name"])  # brings numbers into their one form
    answer = error or insert_original(table, parsed)
    if answer[0] == 200:
        db._emit_stream_event(table["TableName"], "INSERT", None, item)
    return answer


def install():
    global batch_write_original, validate_original, accumulate_original, parse_original, insert_original
    expect_arguments(db, _batch_write_item=["data"], _validate_item=["item", "pk_name", "sk_name", "size_msg"],
                     _accumulate_write_capacity=["cap", "table", "old_item", "new_item"],
                     _parse_partiql=["statement", "parameters"], _partiql_insert=["table", "parsed"],
                     _number_error=["text"], _ddb_canonicalize_number=["s"])
    expect_in_source(db._batch_write_item, "item_err = _validate_item(item,", "or _validate_item(item,")
    expect_in_source(db._batch_execute_statement, "status, _, body = _execute_statement(sub)")
    assert "_emit_stream_event" not in db._partiql_insert.__code__.co_names, "PartiQL inserts emit records now: drop the patch"
    batch_write_original, validate_original = db._batch_write_item, db._validate_item
    accumulate_original, parse_original, insert_original = db._accumulate_write_capacity, db._parse_partiql, db._partiql_insert
    db._batch_write_item, db._validate_item = batch_write_item, validate_item
    db._accumulate_write_capacity, db._parse_partiql, db._partiql_insert = accumulate_write_capacity, parse_partiql, partiql_insert
    number_error, canonical = db._number_error, db._ddb_canonicalize_number
    db._number_error = lambda text: None if plain_integer(text) else number_error(text)
    db._ddb_canonicalize_number = lambda s: s if plain_integer(s) else canonical(s)
