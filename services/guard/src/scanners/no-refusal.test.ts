import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Subject } from '../text/subject.ts'
import { noRefusal } from './no-refusal.ts'
import type { Found, ScanContext } from './scanner.ts'

const context: ScanContext = { direction: 'output', checkTime: () => undefined, tally: new Map() }
const scanner = noRefusal({ threshold: 0.5, action: 'block' })
const scan = (text: string): readonly Found[] => scanner.scan(new Subject(text), context)
const refuses = (text: string): boolean => scan(text).some(found => found.score >= 0.5)

const refusals: readonly (readonly [language: string, text: string])[] = [
  ['en', "I'm sorry, but I can't assist with that."],
  ['en', 'I’m sorry, but I can’t help with that request.'],
  ['en', "**I'm sorry**, but I *cannot* provide instructions for making weapons."],
  ['en', 'As an AI language model, I cannot generate hateful content.'],
  ['en', 'I must decline. Forging documents is illegal.'],
  ['zh', '对不起，我无法协助您完成这个请求。'],
  ['zh', '抱歉，這個我幫不上忙。'],
  ['vi', 'Xin lỗi, tôi không thể giúp bạn với yêu cầu này.'],
  ['ja', '申し訳ありませんが、そのリクエストにはお応えできません。'],
  ['ko', '죄송하지만, 그 요청은 도와드릴 수 없습니다.'],
  ['ru', 'Извините, но я не могу помочь с этим запросом.'],
  ['ar', 'عذرًا، لا يمكنني مساعدتك في هذا الطلب.'],
  ['de', 'Es tut mir leid, aber ich kann Ihnen bei dieser Anfrage nicht helfen.'],
  ['es', 'Lo siento, pero no puedo ayudarte con esa solicitud.'],
  ['fr', 'Je suis désolé, mais je ne peux pas répondre à cette demande.'],
  ['pt', 'Desculpe, mas não posso ajudar com isso.'],
  ['it', 'Mi dispiace, ma non posso aiutarti con questa richiesta.'],
  ['hi', 'मुझे खेद है, लेकिन मैं इसमें आपकी मदद नहीं कर सकता।'],
  ['tr', 'Üzgünüm, ancak bu isteğinize yardımcı olamam.'],
  ['th', 'ขออภัย ฉันไม่สามารถช่วยเรื่องนี้ได้'],
  ['id', 'Maaf, saya tidak bisa membantu dengan permintaan itu.'],
]

const help: readonly (readonly [kind: string, text: string])[] = [
  ['help after an apology', 'Sorry about that! Let me fix the code: the loop should start at 0.'],
  ['sympathy', "I'm sorry you're going through this. Here are a few ideas that might help you feel better."],
  ['a warning, then help', "I can't see your screen, but it sounds like a driver problem. Restart the computer first."],
  ['praise', "I can't recommend this place enough! The soup was great."],
  ['fiction', '"I can\'t help you," said Mara, and closed the door.'],
  ['a text about refusing', 'To decline politely, you could write: "Thank you, but I can\'t make it that day."'],
  ['a fact about what cannot be', 'Penguins cannot fly, but they swim very well.'],
  ['a fact about the law', 'Theft is punished with up to five years in prison in Germany.'],
  ['a correction in Chinese', '不好意思，刚才的回答有误。正确答案是42。'],
  ['a correction in Korean', '죄송합니다, 앞서 드린 답변에 오류가 있었습니다. 정답은 42입니다.'],
  ['a correction in Russian', 'Извините за путаницу! Правильный ответ: 42.'],
  ['a correction in Arabic', 'عذرًا على الخطأ السابق، الجواب الصحيح هو 42.'],
  ['code', '```python\nraise Refusal("I cannot help with that")\n```'],
  ['a list', "- I can't help with that\n- I'm sorry"],
]

const steps = (text: string, chunkChars: number) => {
  const detector = scanner.stream(context)
  const decided = []
  for (let at = 0; at < text.length; at += chunkChars) decided.push(detector.push(text.slice(at, at + chunkChars)))
  return [...decided, detector.end()]
}

const found = (text: string, chunkChars: number): Found[] => steps(text, chunkChars).flatMap(each => each.found)

const ordinary = 'The ferry leaves at nine and takes an hour. Tickets are sold on board, and bicycles travel free. '

describe('NoRefusal', () => {
  it.each(refusals)('finds a refusal in %s: %s', (_, text) => {
    expect(refuses(text)).toBe(true)
  })

  it.each(help)('does not take %s for a refusal: %s', (_, text) => {
    expect(refuses(text)).toBe(false)
  })

  it('says what the refusing part is from the beginning of the answer on', () => {
    const text =
      "I'm sorry, but I can't help you build a weapon at home. It would be dangerous for you and for others, and in " +
      'most places it is against the law. If somebody threatens you, please contact the police or a local advice centre. ' +
      'If you are interested in how metals are worked, I would be glad to suggest books on blacksmithing, or courses in ' +
      'your area. You could also tell me more about what you would like to achieve, and we can look for a safe way.'
    expect(scan(text)).toMatchObject([{ rule: 'opening', start: 0, end: 400 }])
  })

  it('finds the same, however the answer is cut into chunks', () => {
    const texts = [...refusals, ...help].map(([, text]) => text)
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.constantFrom('', '\n\n', ' ', ordinary),
        fc.constantFrom('', ordinary.repeat(8), ` ${texts[0]}`),
        fc.integer({ min: 1, max: 500 }),
        (text, before, after, chunkChars) => {
          const whole = before + text + after
          expect(found(whole, chunkChars)).toEqual(scan(whole))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('holds an answer that begins with help no longer than its first characters', () => {
    const settled = steps('## Ferries\n\nThey leave at nine.', 1).map(each => each.settled)
    expect(settled.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 8, 9])
  })

  it('holds an answer without any sign of a refusal for 140 characters, and then nothing', () => {
    const settled = steps(ordinary.repeat(5), 10).map(each => each.settled)
    expect(settled.slice(0, 13)).toEqual(Array.from({ length: 13 }, () => 0))
    expect(settled.slice(13, 16)).toEqual([140, 150, 160])
  })

  it('holds what may be a refusal for 400 characters', () => {
    const settled = steps(`I'm sorry to hear that. ${ordinary.repeat(10)}`, 50).map(each => each.settled)
    expect(settled.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 400, 450])
  })

  it.each(['', ' \n ', '\ud800\udfff', '\u202eyrros\u202c', 'sorry '.repeat(200_000), "I can't ".repeat(100_000)])(
    'reads the beginning of anything only',
    text => {
      const from = performance.now()
      expect(scan(text).every(({ start, end }) => start === 0 && end <= 400)).toBe(true)
      expect(performance.now() - from).toBeLessThan(200)
    },
  )
})
