/**
 * Makes `src/scanners/secrets/rules.json` from the rules of gitleaks (MIT):
 *
 *     node services/guard/training/gitleaks.ts DIR/gitleaks.toml
 */

import { readFileSync, writeFileSync } from 'node:fs'

/** How a rule is looked for; see `src/scanners/secrets/gitleaks.ts`. */
type Shape = 'token' | 'named' | 'window'

interface TomlRule {
  id: string
  regex?: string
  keywords?: string[]
  entropy?: number
  secretGroup?: number
  allow: string[]
}

const notice = [
  'Rules of gitleaks, https://github.com/gitleaks/gitleaks (config/gitleaks.toml), converted.',
  'MIT License. Copyright (c) 2019 Zachary Rice.',
  'Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.',
  'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.',
]

/** Written anew in code, which sees more than a pattern can, with the global allow list; or about files. */
const left = new Set([
  'generic-api-key',
  'private-key',
  'curl-auth-header',
  'curl-auth-user',
  'hashicorp-tf-password',
  'pkcs12-file',
])

/** Their keyword is not where the match begins. */
const windowed = new Set([
  'airtable-personnal-access-token',
  'atlassian-api-token',
  'azure-ad-client-secret',
  'facebook-access-token',
  'freemius-secret-key',
  'hashicorp-tf-api-token',
  'kubernetes-secret-yaml',
  'maxmind-license-key',
  'microsoft-teams-webhook',
  'nuget-config-password',
  'openai-api-key',
  'sidekiq-sensitive-url',
  'sourcegraph-access-token',
])

/** Written as `name = value`, but what they are known by is the beginning of the value. */
const prefixed = new Set([
  'gocardless-api-token',
  'lob-api-key',
  'lob-pub-api-key',
  'new-relic-browser-api-token',
  'new-relic-insert-key',
  'new-relic-user-api-key',
  'typeform-api-token',
])

const strings = (list: string): string[] =>
  [...list.matchAll(/'''([\s\S]*?)'''|"((?:[^"\\]|\\.)*)"/g)].map(
    ([, raw, quoted]) => raw ?? (JSON.parse(`"${quoted}"`) as string),
  )

/** The few forms of TOML that the file has: tables, strings in three quotes or one, numbers, lists of strings. */
const parse = (toml: string): TomlRule[] => {
  const rules: TomlRule[] = []
  const value = /^(\w+) = (\[[\s\S]*?^\]|\[.*\]|'''[\s\S]*?'''|.*)$/gm
  for (const block of toml.split(/^(?=\[)/m)) {
    const table = block.slice(0, block.indexOf('\n')).trim()
    if (table === '[[rules]]') rules.push({ id: '', allow: [] })
    const rule = rules.at(-1)
    for (const [, name = '', text = ''] of block.matchAll(value)) {
      if (!rule) continue
      if (table === '[[rules]]') {
        if (name === 'id' || name === 'regex') rule[name] = strings(text)[0] as string
        if (name === 'keywords') rule.keywords = strings(text)
        if (name === 'entropy' || name === 'secretGroup') rule[name] = Number(text)
      } else if (table === '[[rules.allowlists]]' && name === 'regexes') rule.allow.push(...strings(text))
    }
  }
  return rules
}

const between = String.raw`(?:[ \t\w.-]{0,20})[\s'"]{0,3}`
const equals = String.raw`(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`
const terminator = String.raw`(?:[\x60'"\s;]|\\[nr]|$)`

/** Of `name = value` rules, what the value looks like; their name is among the keywords. */
const valueOf = (regex: string): string | undefined => {
  const at = regex.indexOf(equals)
  if (at < 0 || !regex.slice(0, at).includes(between)) return undefined
  return regex.slice(at + equals.length).replace(terminator, '')
}

/** `(?i)` inside of a group holds to its end: JavaScript knows only `(?i:…)`. */
const scopedFlags = (regex: string): string => {
  const at = regex.search(/\(\?-?[ims]+\)/)
  if (at < 0) return regex
  const flags = /^\(\?(-?[ims]+)\)/.exec(regex.slice(at)) as RegExpExecArray
  const rest = at + flags[0].length
  let depth = 0
  let end = rest
  for (let set = false; end < regex.length; end++) {
    const c = regex[end]
    if (c === '\\') end++
    else if (c === '[') set = true
    else if (c === ']') set = false
    else if (!set && c === '(') depth++
    else if (!set && c === ')' && --depth < 0) break
  }
  return scopedFlags(`${regex.slice(0, at)}(?${flags[1]}:${regex.slice(rest, end)})${regex.slice(end)}`)
}

/** As JavaScript writes it, and with every repetition bounded: a try costs no more than the bound. */
const native = (regex: string): string =>
  scopedFlags(regex)
    .replaceAll(/\(\?P<\w+>/g, '(?:')
    .replaceAll('[[:alnum:]]', '[a-zA-Z0-9]')
    .replaceAll(String.raw`\z`, '$')
    .replaceAll(/\{(\d+),\}/g, '{$1,2048}')
    .replaceAll(/(\]|\\d|\\w)\+/g, '$1{1,256}')
    .replaceAll(/(\]|\\d|\\w)\*/g, '$1{0,256}')

const shapeOf = (rule: TomlRule): Shape => {
  if (windowed.has(rule.id)) return 'window'
  return prefixed.has(rule.id) || valueOf(rule.regex as string) === undefined ? 'token' : 'named'
}

const patternOf = (rule: TomlRule, shape: Shape): string => {
  // A group that is repeated is not the secret.
  const regex = (rule.regex as string).replaceAll(/\((?!\?)([^()]*)\)(?=\{)/g, '(?:$1)')
  if (shape === 'window') return regex
  const value = valueOf(regex)
  const pattern = native(value === undefined ? regex : `${regex.startsWith('(?i)') ? '(?i)' : ''}${value}`)
  if (shape === 'named') return pattern
  // In prose a key is followed by more than what ends one in code.
  return value === undefined ? pattern.replace(terminator, String.raw`(?!\w)`) : String.raw`\b${pattern}(?!\w)`
}

const converted = (rule: TomlRule): object => {
  const shape = shapeOf(rule)
  const pattern = patternOf(rule, shape)
  const { id, keywords, entropy, secretGroup, allow } = rule
  return {
    id,
    shape,
    keywords,
    pattern,
    ...(entropy !== undefined && { entropy }),
    ...(secretGroup !== undefined && shape === 'window' && { group: secretGroup }),
    ...(allow.length > 0 && { allow }),
  }
}

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: gitleaks.ts FILE')
const rules = parse(readFileSync(file, 'utf8'))
  .filter(rule => !left.has(rule.id))
  .map(converted)
const json = `${JSON.stringify({ notice, rules }, undefined, 2)}\n`
writeFileSync(new URL('../src/scanners/secrets/rules.json', import.meta.url), json)
