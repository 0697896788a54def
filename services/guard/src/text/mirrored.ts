import { textOfUnits } from './code-units.ts'
import { sameOffsets, type Reading } from './offsets.ts'

/** Words of attacks that give away a text in which they stand backwards or in rot13. None of them is a word that way. */
const giveaways = `
ignore ignores ignored ignoring disregard forget override overrule bypass instruction instructions previous prior prompt prompts
system password passwords secret secrets reveal developer assistant guidelines restrictions unrestricted confidential jailbreak
following pretend
trước lệnh hướng huong nhắc khẩu thống
игнорируй игнорируйте игнорировать инструкции инструкция инструкций предыдущие предыдущих системный системного промпт пароль
забудь забудьте правила раскрой
تجاهل التعليمات السابقة تعليمات النظام المرور السرية
ignoriere ignorieren anweisungen anweisung vorherigen bisherigen passwort vergiss
ignora ignore ignorez oublie oubliez instrucciones anteriores contraseña instrucoes instruções anteriores senha esquece
consignes précédentes précédente dimentica istruzioni precedenti talimatları önceki abaikan instruksi sebelumnya`

const wordOf = /\S+/g
const withCapitals = (word: string): string[] => [word, word[0]?.toUpperCase() + word.slice(1), word.toUpperCase()]

/** Pairs of code units stay pairs. */
const backwards = (text: string): string => {
  const units = new Uint16Array(text.length)
  for (let at = 0; at < text.length; at += 1) units[text.length - 1 - at] = text.charCodeAt(at)
  for (let at = 1; at < units.length; at += 1) {
    const [low, high] = [units[at - 1] as number, units[at] as number]
    if (low >= 0xdc_00 && low <= 0xdf_ff && high >= 0xd8_00 && high <= 0xdb_ff) {
      units[at - 1] = high
      units[at] = low
    }
  }
  return textOfUnits(units, units.length)
}

const rotated = (text: string): string => {
  const units = new Uint16Array(text.length)
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
    units[at] = isLetter ? code + ((code & 31) > 13 ? -13 : 13) : code
  }
  return textOfUnits(units, units.length)
}

export const hashSeed = 0
export const hashOn = (hash: number, code: number): number => (Math.imul(hash, 31) + code) | 0

const hashOf = (word: string): number => {
  let hash = hashSeed
  for (let at = 0; at < word.length; at += 1) hash = hashOn(hash, word.charCodeAt(at))
  return hash
}

/** By the hash of the mirrored word, in a table of its last bits. Two words with one hash cost a look at a view too many. */
const slots = new Int32Array(4096)
const kinds = new Uint8Array(slots.length)

export const isReversed = 1
export const isRotated = 2

const remember = (word: string, kind: number): void => {
  const hash = hashOf(word)
  slots[hash & (slots.length - 1)] = hash
  kinds[hash & (slots.length - 1)] = kind
}

for (const word of (giveaways.match(wordOf) ?? []).flatMap(withCapitals)) {
  remember(backwards(word), isReversed)
  if (/^[a-z]+$/i.test(word)) remember(rotated(word), isRotated)
}

/** How a word is mirrored, by its hash; 0 if it isn't one of those above. */
export const mirroring = (hash: number): number => {
  const slot = hash & (slots.length - 1)
  return slots[slot] === hash ? (kinds[slot] as number) : 0
}

export const inRot13 = (text: string): Reading => ({ text: rotated(text), origin: sameOffsets })

export const inReverse = (text: string): Reading => ({
  text: backwards(text),
  origin: (start, end) => ({ start: text.length - Math.max(start, end), end: text.length - start }),
})
