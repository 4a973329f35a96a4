"""CloudFormation: tags of buckets. Need: `cdk destroy` empties a bucket only where it finds CDK's tag on it."""
from ministack.services import s3
from ministack.services.cloudformation import provisioners


def install():
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    for name in ("create", "update"):
        handlers[name] = with_tags(handlers[name], position={"create": 1, "update": 2}[name])


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
