import { S3Client } from '@aws-sdk/client-s3'
import { planHandler } from '../shared/phases/handlers/plan.ts'
import { sdkManifests } from '../shared/phases/sdk-manifests.ts'
import { wire } from './wiring/handler.ts'
import { environment, http, world } from './wiring/world.ts'

const manifests = sdkManifests(new S3Client({ requestHandler: http }), environment.manifestBucket)

export const handler = wire(planHandler({ ...world, manifests }))
