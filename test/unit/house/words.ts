/** Phrases that people had to read twice, and what to write instead. Bare *look*, *found* and *window* are ordinary English. */
export const retired: [phrase: string, instead: string][] = [
  ['goes on', '"continues"'],
  ['go on from', '"continue from"'],
  ['go on with', '"continue"'],
  ['is asked again', '"is retried"'],
  ['asks again', '"retries"'],
  ['look again', '"try again", "watch", or "poll"'],
  ['answers nothing', '"returns nothing"'],
  ['answered nothing', '"returned nothing"'],
  ['gets nowhere', '"makes no progress"'],
  ['got no further', '"made no progress"'],
  ['not getting on', '"why it waits"'],
  ['lacking', '"behind source" or "missing"'],
  ['lacks what', '"misses what"'],
  ['poison', '"quarantined"'],
  ['taken up', '"resumed"'],
  ['takes up again', '"resumes"'],
  ['take up again', '"resume"'],
  ['supersede', '"fence earlier runs"'],
  ['superseded', '"fenced"'],
  ['stop sign', '"stop reason"'],
  ['is to be applied', '"waits until … is applied"'],
  ['are made what', '"reconciling with the source"'],
  ['what the source says', '"match the source"'],
  ['derived again', '"rebuilt"'],
  ['derive again', '"rebuild"'],
  ['derives again', '"rebuilds"'],
  ['nobody hears', 'who is gone'],
  ['for whoever', 'who it is for'],
  ['does not answer', '"does not respond"'],
  ['did not answer', '"did not respond"'],
  ['has not answered', '"did not respond"'],
  ['nothing answers', '"does not respond"'],
  ['ask again', '"try again"'],
  ['last looked at', '"last checked"'],
  ['looked at it', '"checked it"'],
  ['nothing was begun', '"nothing was started"'],
  ['made to be', 'who did it, and why'],
  ['set aside', '"quarantined"'],
  ['not to be had', '"do not exist"'],
  ['what it found', '"its result"'],
  ['what was acknowledged', '"the acknowledged …"'],
  ['this walk', '"this pass"'],
  ['that walk', '"that pass"'],
  ['every walk', '"every pass"'],
  ['between walks', '"between passes"'],
  ['1 slices', '"1 slice"'],
  ['1 chunks', '"1 chunk"'],
]

/** Each retired phrase of a text, as a sentence that says what to write. */
export function retiredIn(text: string): string[] {
  return retired.flatMap(([phrase, instead]) =>
    new RegExp(`(?<![\\w-])${phrase}(?![\\w-])`, 'i').test(text)
      ? [`"${phrase}" in "${text.trim()}": write ${instead}`]
      : [],
  )
}

/** The string literals and templates of TypeScript code, their substitutions as `…`; comments and code left out. */
export function stringsOf(code: string): string[] {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\$]|\\.|\$(?!\{)|\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\})*)`/g
  return [...code.matchAll(token)].flatMap(([, single, double, template]) => {
    const text = single ?? double ?? template?.replace(/\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}/g, '…')
    return text ? [text] : []
  })
}

/** The comments of TypeScript code, one string each, without their marks and line breaks. */
export function commentsOf(code: string): string[] {
  const token = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\/([^\n]*)|\/\*([\s\S]*?)\*\//g
  return [...code.matchAll(token)].flatMap(([, line, block]) => {
    const text = (line ?? block)?.replace(/\s*\n\s*\*?\s*|^\*/g, ' ').trim()
    return text ? [text] : []
  })
}
