import type { Address } from '../../src/scanners/malicious-urls/address.ts'
import { AddressReader } from '../../src/scanners/malicious-urls/addresses.ts'
import { featuresOf } from '../../src/scanners/malicious-urls/features.ts'
import { harmlessAs } from '../../src/scanners/malicious-urls/harmless.ts'
import { authoredRows, type Side } from '../authored.ts'
import { trainingRows } from '../data.ts'
import type { Row } from '../row.ts'
import type { Task } from '../task.ts'

/** Each round fills the slots of the templates otherwise. */
const roundsOf = { 0: 12, 1: 4 } as const

const authored = (side: Side, seed: number): Row[] => {
  const rows = new Map<string, Row>()
  for (let round = 0; round < roundsOf[0]; round += 1) {
    for (const row of authoredRows('url', side, seed + round)) {
      if (round < roundsOf[row.label ?? 0]) rows.set(row.text, row)
    }
  }
  return [...rows.values()]
}

/** A row is an address, mostly without its scheme. */
const addressOf = (text: string): Address | undefined => {
  const written = /^[a-z]{2,5}:\/\//.test(text) ? text : `http://${text}`
  return new AddressReader(written, 0, written.length).read()[0]
}

/** The model is asked about the rest alone. */
const isJudged = ({ text }: Row): boolean => {
  const address = addressOf(text)
  return address !== undefined && harmlessAs(address) === undefined
}

const seen = new Map<string, ReturnType<typeof featuresOf>>()

const featuresIn = (raw: string): ReturnType<typeof featuresOf> => {
  let features = seen.get(raw)
  if (!features) {
    const address = addressOf(raw)
    features = address ? featuresOf(address) : { text: '', marks: [] }
    seen.set(raw, features)
  }
  return features
}

/** Addresses of phishing pages, by how they are written. */
export const task: Task = {
  name: 'url',
  features: { bits: 20, chars: [3, 5], words: 1, windowChars: 512 },
  rows: ({ dir, seed }) => [...trainingRows(dir, 'url'), ...authored('train', seed)].filter(isJudged),
  devRows: ({ dir, seed }) => [...trainingRows(dir, 'url', 'dev'), ...authored('aside', seed)].filter(isJudged),
  text: subject => featuresIn(subject.raw).text,
  marks: subject => featuresIn(subject.raw).marks,
  // What matters is the addresses of ordinary answers. Lists of hosts of 2014 have many that nobody would vouch for.
  calibratedOn: row => !row.source.startsWith('opendns'),
  falsePositives: 0.016,
  balance: 0.6,
  limits:
    'A hacked honest site, or a page on a platform with an innocent name, is not told by its address. ' +
    'It says how an address is made, not what is behind it: a block list knows more.',
}
