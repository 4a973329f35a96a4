/** An error as a state machine sees it: a name to match and a cause for people. */
export class StateError extends Error {
  readonly cause_: string

  constructor(name: string, cause = '') {
    super(`${name}: ${cause}`)
    this.name = name
    this.cause_ = cause
  }
}

/** The execution was stopped, or the Map around it has failed: what still runs in it ends silently. */
export class Stopped extends Error {}

/** A definition uses what this interpreter does not know: it must be taught before the definition can be trusted. */
export class UnknownToInterpreter extends Error {
  constructor(what: string) {
    super(`The interpreter of state machines does not know ${what}. Teach it in test/simulation/interpreter.`)
    this.name = 'UnknownToInterpreter'
  }
}
