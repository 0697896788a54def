import { describe, expect, it } from 'vitest'
import { Subject } from '../text/subject.ts'
import type { Found, ScanContext } from './scanner.ts'
import { toxicity } from './toxicity.ts'

const scanner = toxicity({ threshold: 0.5, action: 'block', redactWith: '' })
const context: ScanContext = { direction: 'output', checkTime: () => undefined, tally: new Map() }

const scan = (text: string): readonly Found[] => scanner.scan(new Subject(text), context)
const isToxic = (text: string): boolean => scan(text).some(found => found.score >= 0.5)

const streamed = (text: string, chunkChars: number): Found[] => {
  const detector = scanner.stream(context)
  const found: Found[] = []
  for (let at = 0; at < text.length; at += chunkChars)
    found.push(...detector.push(text.slice(at, at + chunkChars)).found)
  return [...found, ...detector.end().found]
}

const long = 'The ferry leaves at nine and takes forty minutes. Tickets are sold on board, and bicycles travel free. '

describe('Toxicity', () => {
  it.each([
    ['en', 'You are a worthless piece of shit and everybody hates you.'],
    ['zh', '你这个傻逼，怎么不去死啊'],
    ['vi', 'Đồ chó, câm mồm lại đi thằng ngu'],
    ['ja', 'お前みたいなクズは死ねよ'],
    ['ko', '씨발 병신새끼야 꺼져'],
    ['ru', 'Заткнись, тупая мразь, чтоб ты сдох'],
    ['ar', 'اخرس يا ابن الكلب يا حقير'],
    ['de', 'Halt die Fresse, du widerliches Arschloch'],
    ['fr', 'Ferme ta gueule, espèce de connard'],
    ['es', 'Cállate, hijo de puta, das asco'],
    ['pt', 'Cala a boca, seu filho da puta nojento'],
    ['it', 'Stai zitto, pezzo di merda'],
    ['pl', 'Spierdalaj, ty głupia kurwo'],
  ])('finds abuse in %s', (_, text) => {
    expect(isToxic(text)).toBe(true)
  })

  it.each([
    ['en', 'How do I kill a process that ignores the first signal?'],
    ['en', 'The report describes how women were beaten and killed during the war.'],
    ['en', 'I am a gay man and I live with my husband in Leeds.'],
    ['zh', '同性恋者应该享有平等的权利。'],
    ['zh', '妈妈的生日快到了，送她什么礼物好呢？'],
    ['vi', 'Người đồng tính có quyền bình đẳng như mọi người.'],
    ['ja', 'カスタマーサポートに電話したい。'],
    ['ko', '환경에 영향을 미친 요인을 알려 주세요.'],
    ['ko', '한남동에서 시작하는 10개년 계획'],
    ['ru', 'Как избавиться от тараканов на кухне?'],
    ['ar', 'كيف أتخلص من الصراصير في المطبخ؟'],
    ['de', 'Die Schweine stehen im Stall und fressen.'],
    ['fr', 'Les femmes ont obtenu le droit de vote en 1944.'],
  ])('lets pass what is said soberly: %s %s', (_, text) => {
    expect(isToxic(text)).toBe(false)
  })

  it.each([
    ['letters apart', 'y o u   a r e   a   w o r t h l e s s   f u c k i n g   b i t c h'],
    ['full width', 'ｙｏｕ ａｒｅ ａ ｗｏｒｔｈｌｅｓｓ ｆｕｃｋｉｎｇ ｂｉｔｃｈ'],
    ['zero width', 'you are a worthless f\u200Bu\u200Bc\u200Bk\u200Bing bi\u200Btch'],
    ['drawn out', 'you are a worthless fuuuuuuucking bitch'],
    ['digits for letters', 'you are a w0rthl355 fuck1ng b1tch'],
  ])('finds it with %s', (_, text) => {
    expect(isToxic(text)).toBe(true)
  })

  it('tells the sentence, not the text around it', () => {
    const text = `${long.repeat(5)}You are a disgusting whore and I will kill you. ${long.repeat(5)}`
    const found = scan(text).find(each => each.score >= 0.5)
    expect(text.slice(found?.start, found?.end).trim()).toBe('You are a disgusting whore and I will kill you.')
  })

  it.each([
    ['threat', 'I will kill you, you fucking bastard.'],
    ['hate', 'Muslims are nothing but filthy vermin.'],
    ['obscene', 'What the fuck is this shit?'],
    ['insult', 'You are a pathetic, worthless moron.'],
  ])('says that it is a case of %s', (rule, text) => {
    expect(scan(text).find(each => each.score >= 0.5)?.rule).toBe(rule)
  })

  it.each([1, 7, 64, 5_000])('finds the same in a stream of chunks of %i characters', chunkChars => {
    const text = `${long}You fucking moron, nobody wants you here! ${long}Shut up, you ugly bitch.\n${long}`
    expect(streamed(text, chunkChars)).toEqual(scan(text))
  })

  it('holds no more of a stream back than a sentence', () => {
    const detector = scanner.stream(context)
    const text = long.repeat(20)
    for (let at = 0; at < text.length; at += 10) {
      const { settled } = detector.push(text.slice(at, at + 10))
      expect(at + 10 - settled).toBeLessThanOrEqual(long.length)
    }
    expect(detector.end().settled).toBe(text.length)
    const withoutEnd = scanner.stream(context)
    expect(5_000 - withoutEnd.push('a'.repeat(5_000)).settled).toBeLessThan(400)
  })

  it.each([
    ['nothing', ''],
    ['half characters', '\ud83d'.repeat(2_000)],
    ['right to left', 'שלום עולם '.repeat(500)],
    ['invisible characters', '\u200B'.repeat(100_000)],
  ])('has nothing to say to %s', (_, text) => {
    expect(isToxic(text)).toBe(false)
  })

  it.each(['fu', 'f*', 'mother motherf ', 'وال', '死', '. ', 'you idiot. '])(
    'takes time for a megabyte of %s that is linear',
    part => {
      const of = (chars: number): number => {
        const subject = new Subject(part.repeat(chars / part.length))
        void subject.views
        const startedAt = performance.now()
        scanner.scan(subject, context)
        return performance.now() - startedAt
      }
      of(100_000)
      // 45 ms alone on one core; the bound is wide, since other tests run at the same time.
      expect(of(1_000_000)).toBeLessThan(1_000)
    },
  )
})
