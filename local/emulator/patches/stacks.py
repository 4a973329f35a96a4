"""CloudFormation: tags of buckets, and mappings that are created disabled.

Needs: `cdk destroy` empties a bucket only where it finds CDK's tag on it; the mapping of live changes is off until a run
turns it on, and says so.
"""
from ministack.services import lambda_svc, s3
from ministack.services.cloudformation import provisioners

from .guard import expect_in_source


def install():
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    for name in ("create", "update"):
        handlers[name] = with_tags(handlers[name], position={"create": 1, "update": 2}[name])
    expect_in_source(provisioners._lambda_esm_create, '"State": "Enabled",')
    mappings = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    mappings["create"] = with_state(mappings["create"])


def with_state(original):
    """The handler, after which a mapping created disabled is in the state Disabled."""

    def handle(*args):
        answer = original(*args)
        esm = lambda_svc._esms[answer[0]]
        esm["Enabled"] = str(esm["Enabled"]).lower() == "true"  # CloudFormation takes the text "false", too
        esm["State"] = "Enabled" if esm["Enabled"] else "Disabled"
        return answer

    return handle


def with_tags(original, position):
    """The handler, which then keeps the bucket's tags; the properties are its argument at `position`."""

    def handle(*args):
        answer = original(*args)
        tags = {tag["Key"]: str(tag["Value"]) for tag in args[position].get("Tags") or []}
        if tags:
            s3._bucket_tags[answer[0]] = tags
        return answer

    parameters = original.__code__.co_varnames[: original.__code__.co_argcount]
    assert parameters[position] in ("props", "new_props"), f"bucket handler takes {parameters}: re-check local/emulator/patches"
    return handle
