import type { IConstruct } from 'constructs'

/** `Validations.ACKNOWLEDGED_RULES_METADATA_KEY`, where cdk-nag reads what a construct's author knows and accepts. */
const ACKNOWLEDGED = 'aws:cdk:acknowledged-rules'

/**
 * Says to cdk-nag why a finding is accepted, in the form that `Validations.of(scope).acknowledge` writes. Not by that method:
 * aws-cdk-lib lacks it below 2.251, and below 2.270 it ends synth on an id that names a resource.
 */
export function acknowledge(scope: IConstruct, id: string, reason: string): void {
  scope.node.addMetadata(ACKNOWLEDGED, { [`Annotation::${id}`]: reason })
}
