import { readdirSync, readFileSync } from 'node:fs'
import { pick, randomFrom, shareOf, hashOf, type Random } from './random.ts'
import type { Row } from './row.ts'

/**
 * What was written for drover itself: `authored/<task>.<lang>.json` (or
 * `<task>.<lang>.<part>.json`), templates with slots, by label and kind. Expanded
 * with a seed. A template is in training or kept aside (for `eval:guard`), with all that comes of it.
 */
interface Authored {
  /** Wanted per label; templates without slots give one each. */
  readonly rows?: number
  readonly slots?: Readonly<Record<string, readonly string[]>>
  readonly positive?: Readonly<Record<string, readonly Template[]>>
  readonly negative?: Readonly<Record<string, readonly Template[]>>
}

/** With slots; or a frame, in the slots of which is `{here}`, and what stands there: a document, and what is planted in it. */
type Template = string | readonly [frame: string, here: string]

export type Side = 'train' | 'aside'

/** Share of templates that training never sees. */
const asideShare = 0.15

/** Per label, where a file says nothing else. */
const rowsWanted = 400

const folder = new URL('authored/', import.meta.url)
const slot = /\{(\w{1,40})\}/g
/** A slot's values may have slots, which may have slots. */
const depthMax = 5

export const authoredRows = (task: string, side: Side, seed = 1): Row[] =>
  readdirSync(folder)
    .sort()
    .flatMap(file => {
      const [name, lang, ...rest] = file.split('.')
      if (name !== task || lang === undefined || rest.at(-1) !== 'json') return []
      const authored = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Authored
      return [
        ...expand(authored, { label: 1, lang, side, seed, file }),
        ...expand(authored, { label: 0, lang, side, seed, file }),
      ]
    })

interface Wanted {
  readonly label: 0 | 1
  readonly lang: string
  readonly side: Side
  readonly seed: number
  readonly file: string
}

const expand = (authored: Authored, { label, lang, side, seed, file }: Wanted): Row[] => {
  const kinds = Object.entries((label === 1 ? authored.positive : authored.negative) ?? {})
  const templates = kinds.flatMap(([kind, all]) => all.map(template => ({ kind, template, group: groupOf(template) })))
  const onSide = templates.filter(({ group }) => shareOf(group) < asideShare === (side === 'aside'))
  const each = Math.max(1, Math.ceil((authored.rows ?? rowsWanted) / Math.max(1, templates.length)))
  return onSide.flatMap(({ kind, template, group }) => {
    const random = randomFrom(seed ^ hashOf(group))
    const texts = Array.from({ length: each }, () => fill(template, authored.slots ?? {}, random, file))
    return [...new Set(texts)].map(text => ({ text, label, lang, source: `authored:${kind}`, group }))
  })
}

/** In whatever frame it stands: what is planted is what must not be on both sides. */
const groupOf = (template: Template): string => (typeof template === 'string' ? template : template[1])

const fill = (
  template: Template,
  own: Readonly<Record<string, readonly string[]>>,
  random: Random,
  file: string,
): string => {
  const [frame, here] = typeof template === 'string' ? [template, undefined] : template
  const slots = here === undefined ? own : { ...own, here: [here] }
  let text = frame
  for (let depth = 0; depth < depthMax; depth += 1) {
    text = text.replace(slot, (whole, name: string) => {
      const values = slots[name]
      // Braces are also what JSON, templates and code in examples have.
      if (values === undefined) return whole
      if (values.length === 0) throw new Error(`${file}: slot ${name} is empty`)
      return pick(values, random)
    })
  }
  return text
}
