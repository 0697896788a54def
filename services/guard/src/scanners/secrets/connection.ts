import { authorityCharacters } from './characters.ts'
import type { Rule, TextScan } from './rule.ts'
import { tokenRule } from './token-rule.ts'

/** Credentials inside of addresses, headers and commands. */

const authorityCharsMax = 256

const noPassword = /^(?:[*x]{1,256}|p(?:ass)?(?:w(?:or)?d)?)$|[$<>{}[\]]|\*{3}|x{4}|\.{3}|your|change[-_]?me/i

/** `scheme://user:password@host`. */
const urlRule: Rule = {
  keywords: ['://'],
  at(scan: TextScan, _, end) {
    const { text } = scan
    if (!scan.mayTry(urlRule, end)) return
    const authority = text.slice(end, Math.min(scan.runEnd(authorityCharacters, end), end + authorityCharsMax))
    const at = authority.lastIndexOf('@')
    const colon = authority.indexOf(':')
    if (colon < 0 || at <= colon + 1 || at + 1 >= authority.length) return
    const password = authority.slice(colon + 1, at)
    if (noPassword.test(password)) return
    scan.report('url-credentials', end + colon + 1, end + at, 0.9)
  },
}

/** `user:password` in base64 is what registries want. */
const isNoLogin = (encoded: string): boolean =>
  !/^[!-~]{1,256}:[!-~]{1,256}$/.test(Buffer.from(encoded, 'base64').toString())

const header = String.raw`authorization['"\x60]?[ \t]{0,3}[:=,][ \t]{0,3}['"\x60]?`

export const connectionRules: readonly (readonly [id: string, rule: Rule])[] = [
  ['url-credentials', urlRule],
  ...[
    {
      id: 'basic-authorization',
      keywords: ['authorization'],
      pattern: String.raw`(?i:${header}basic[ \t]{1,3}([a-z0-9+/_-]{8,512}={0,2}))(?![\w$])`,
      entropy: 2.5,
    },
    {
      id: 'token-authorization',
      keywords: ['authorization'],
      pattern: String.raw`(?i:${header}(?:token|apikey|api-key|key)[ \t:=]{1,3}((?=[\w.~+/-]{0,31}\d)[\w.~+/-]{12,2048}={0,2}))(?![\w$])`,
      entropy: 2.75,
    },
    {
      id: 'bearer-authorization',
      keywords: ['bearer '],
      pattern: String.raw`(?i:bearer)[ \t]{1,3}((?=[\w.~+/-]{0,16}\d)[\w.~+/-]{12,2048}={0,2})(?![\w$])`,
      entropy: 3,
      score: 0.8,
    },
    {
      id: 'curl-user',
      keywords: ['-u ', '--user ', '--user=', "-u'"],
      pattern: String.raw`(?:-u|--user)[ =]{0,2}['"]?[\w.@%+-]{1,64}:(?!//)((?=[^\s'"]{0,64}[\d!@#%^&*])[^\s'"$<{]{6,128})(?=['"\s]|$)`,
      score: 0.8,
    },
    {
      id: 'connection-string',
      keywords: ['accountkey=', 'sharedaccesskey=', 'sharedsecretvalue=', ';secret=', 'accesskey='],
      pattern: String.raw`;?(?i:accountkey|sharedaccesskey|sharedsecretvalue|secret|accesskey)=([A-Za-z0-9+/]{20,128}={0,2})`,
      entropy: 3,
    },
    {
      id: 'shared-access-signature',
      keywords: ['sig='],
      pattern: String.raw`sig=([A-Za-z0-9%+/]{40,128}(?:%3[Dd]|=)?)`,
      entropy: 3.5,
    },
    {
      id: 'secure-string',
      keywords: ['convertto-securestring'],
      pattern: String.raw`(?i:convertto-securestring)[ \t]{1,3}(?:(?i:-string)[ \t]{1,3})?(?:-a\w{1,20}[ \t]{1,3}(?:-f\w{1,8}[ \t]{1,3})?)?["']([^"'$\r\n]{6,128})["']`,
    },
    {
      id: 'network-credential',
      keywords: ['networkcredential(', 'directoryentry(', 'usernamepasswordtoken('],
      pattern: String.raw`\w{1,24}\([ \t\r\n]{0,16}(?:["'][^"'\r\n]{1,128}["'][ \t\r\n]{0,16},[ \t\r\n]{0,16}){1,2}["']([^"'\r\n]{6,128})["']`,
      score: 0.8,
    },
    {
      id: 'oracle-credentials',
      keywords: ['jdbc:oracle:'],
      pattern: String.raw`jdbc:oracle:(?:thin|oci):[\w.-]{1,64}/([^\s/@'"<>$]{6,128})@`,
      score: 0.9,
    },
    {
      id: 'command-password',
      keywords: ['sshpass -p', 'mysql -', 'mysqldump -', 'mysqladmin -'],
      pattern: String.raw`(?:sshpass (?=-p)|mysql\w{0,5} (?:-[a-oq-z][\w.=-]{0,32} (?:[\w.@%-]{1,64} )?){0,4})-p ?['"]?([^\s'"<>$-][^\s'"<>$]{5,127})`,
      score: 0.7,
    },
    {
      id: 'registry-login',
      keywords: ['"auth"'],
      pattern: String.raw`"auth"[ \t]{0,4}:[ \t]{0,4}"([A-Za-z0-9+/]{12,512}={0,2})"`,
      allowed: isNoLogin,
    },
    {
      id: 'netrc-password',
      keywords: ['login '],
      pattern: String.raw`login[ \t]{1,3}[^\s]{1,64}[ \t\r\n]{1,8}password[ \t]{1,3}([^\s"'<>$]{6,128})`,
      score: 0.9,
    },
  ].map(rule => [rule.id, tokenRule(rule)] as const),
]
