import { S3Client } from '@aws-sdk/client-s3'
import type { PassKind } from '../shared/ledger/passes.ts'
import { planPass } from '../shared/phases/plan-pass.ts'
import { sdkManifests } from '../shared/phases/sdk-manifests.ts'
import { wire } from './wiring/handler.ts'
import { environment, http, ledger, runtime } from './wiring/world.ts'

const manifests = sdkManifests(new S3Client({ requestHandler: http }), environment.manifestBucket)

/** Makes sure the chunks of a pass exist and writes the list of those with work left, for its Map. */
export const handler = wire((task: { run: string; fence: number; kind: PassKind }) =>
  planPass(task, { ledger, manifests, runtime }),
)
