import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { ManifestStore } from './ports.ts'

/** {@link ManifestStore} over S3. */
export function sdkManifests(client: S3Client, bucket: string): ManifestStore {
  return {
    async write(key, items) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: JSON.stringify(items),
          ContentType: 'application/json',
        }),
      )
      return { bucket, key }
    },
  }
}
