import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy that breaks connections: after the answer has come, or before the request is sent. */
export class CuttingProxy {
  readonly #server: Server
  readonly #to: URL
  readonly #agent = new Agent({ keepAlive: false })
  #next: 'lose' | { hold: (send: () => Promise<void>) => void } | undefined

  private constructor(to: string) {
    this.#to = new URL(to)
    this.#server = createServer(async (incoming, outgoing) => {
      const body = await read(incoming)
      const next = this.#next
      this.#next = undefined
      if (next === undefined) {
        const { status, headers, text } = await this.#forward(incoming, body)
        outgoing.writeHead(status, headers).end(text)
        return
      }
      if (next === 'lose') await this.#forward(incoming, body)
      else next.hold(async () => void (await this.#forward(incoming, body)))
      incoming.socket.destroy()
    })
  }

  static async open(to: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(to)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The next request is answered, and its answer is lost. */
  loseNext(): void {
    this.#next = 'lose'
  }

  /** The next request is lost, and sent when the function that is returned is called. */
  holdNext(): () => Promise<void> {
    let send: (() => Promise<void>) | undefined
    this.#next = {
      hold: (held) => {
        send = held
      },
    }
    return async () => {
      if (!send) throw new Error('no request was held')
      await send()
    }
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #forward({ method, url, headers }: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; text: Buffer }>((resolve, reject) => {
      const { hostname, port } = this.#to
      const forwarded = request({ hostname, port, method, path: url, headers, agent: this.#agent }, (response) => {
        read(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          reject,
        )
      })
      forwarded.on('error', reject).end(body)
    })
  }
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
