import { describe, expect, it } from 'vitest'
import { authoredRows } from './authored.ts'

describe('authored rows', () => {
  const train = authoredRows('toxicity', 'train', 7)
  const aside = authoredRows('toxicity', 'aside', 7)

  it('are the same for the same seed, and others for another', () => {
    expect(authoredRows('toxicity', 'train', 7)).toEqual(train)
    expect(authoredRows('toxicity', 'train', 8)).not.toEqual(train)
  })

  it('never have one template on both sides', () => {
    const learned = new Set(train.map(row => row.group))
    expect(aside.filter(row => learned.has(row.group))).toEqual([])
    expect(aside.length).toBeGreaterThan(0)
  })

  it('have both labels in each language', () => {
    const sides = Map.groupBy(train, row => row.lang)
    for (const rows of sides.values()) expect(new Set(rows.map(row => row.label))).toEqual(new Set([0, 1]))
    expect([...sides.keys()]).toEqual(expect.arrayContaining(['en', 'zh', 'vi', 'ja', 'ko', 'ru', 'ar']))
  })

  it('have their slots filled', () => {
    expect([...train, ...aside].filter(row => /\{\w+\}/.test(row.text))).toEqual([])
  })

  it('have what is planted in a frame on one side, in several frames', () => {
    const [learned, kept] = (['train', 'aside'] as const).map(side =>
      Map.groupBy(
        authoredRows('injection', side, 7).filter(row => row.source === 'authored:composed-planted'),
        row => row.group,
      ),
    )
    expect([...(kept?.keys() ?? [])].filter(group => learned?.has(group))).toEqual([])
    expect([...(learned?.values() ?? [])].filter(rows => rows.length > 1).length).toBeGreaterThan(1_000)
    for (const [group, [row]] of kept ?? []) {
      if (!group?.includes('{')) expect(row?.text).toContain(group)
    }
  })
})
