import { userInfo } from 'node:os'
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts'

/**
 * Who gives the commands: the ARN of the credentials, with their session name. `undefined` where STS does not say: that must
 * not keep anybody from stopping a run.
 */
export function callerIdentity(client: Pick<STSClient, 'send'>): () => Promise<string | undefined> {
  let known: Promise<string | undefined> | undefined
  return () => {
    known ??= client.send(new GetCallerIdentityCommand({})).then(
      ({ Arn }) => Arn,
      () => undefined,
    )
    return known
  }
}

/** On the local stack everybody has the same dummy keys. A user of a container may have no name. */
export const localIdentity = async (): Promise<string> => {
  try {
    return `local user ${userInfo().username}`
  } catch {
    return `local user ${process.getuid?.() ?? ''}`.trim()
  }
}
