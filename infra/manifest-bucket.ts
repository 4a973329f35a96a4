import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** A halted run can be redriven for 14 days and reads its manifest again; twice that is plenty. */
const KEPT = Duration.days(30)

/**
 * The Maps read their lists of chunks here and write their results: ids, never items. Lambda also puts here the batches of
 * live changes, with their items, that the stream dropped before they were applied. The bucket outlives the stack, because
 * CloudFormation cannot delete a bucket with objects, and no function here is allowed to delete objects. They expire.
 */
export function manifestBucket(scope: Construct, encryptionKey: IKey | undefined): Bucket {
  const bucket = new Bucket(scope, 'Manifests', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    ...(encryptionKey
      ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    lifecycleRules: [{ expiration: KEPT, abortIncompleteMultipartUploadAfter: KEPT }],
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  })
  acknowledge(
    bucket,
    'AwsSolutions-S1',
    'Holds ids of chunks, and batches that the stream dropped, for 30 days; written by this stack alone, and object access can be had from CloudTrail data events.',
  )
  return bucket
}
