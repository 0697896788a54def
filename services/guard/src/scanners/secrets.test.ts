import { describe, expect, test } from 'vitest'
import { Subject } from '../text/subject.ts'
import type { ScanContext } from './scanner.ts'
import { secrets } from './secrets.ts'

const settings = { action: 'redact' as const, redactWith: '[REDACTED]', rulesOff: [] as string[] }
const scanner = secrets(settings)
const context = (): ScanContext => ({ direction: 'input', checkTime: () => undefined, tally: new Map() })

const found = (text: string, by = scanner): string[] =>
  by
    .scan(new Subject(text), context())
    .filter(each => each.score >= 0.5)
    .map(each => text.slice(each.start, each.end))

// Put together here, so that nobody's scanner takes this file for a leak.
const random = 'aX9kQ2mZ7wR4tY8vB3nL6pD1sF5gH0jC'
const hex = '9f5c17d2a84be03716f2c9d0b1e4a7385c6d2f90'
const github = `ghp_${random}aB3d`
const stripe = `sk_live_${random.slice(0, 24)}`
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9eyJzdWIi.${random}`
const pem = `-----BEGIN RSA PRIVATE KEY-----\n${`${random}${random}\n`.repeat(6)}-----END RSA PRIVATE KEY-----`

describe('formats of providers', () => {
  test.each([
    ['GitHub', github],
    ['GitLab', `glpat-${random.slice(0, 20)}`],
    ['AWS', 'AKIAQ3EGRZTY7K2LMNPW'],
    ['Google', `AIza${random}abc`],
    ['Slack', `xoxb-123456789012-123456789012-${random.slice(0, 24)}`],
    ['Stripe', stripe],
    ['SendGrid', `SG.${random.slice(0, 22)}.${random}${random.slice(0, 11)}`],
    ['OpenAI', `sk-proj-${random}${random}`],
    ['Anthropic', `sk-ant-api03-${random}${random}`],
    ['Hugging Face', `hf_${random}ab`],
    ['npm', `npm_${random}aB3d`],
    ['a web token', jwt],
    ['Discord', `Mzk4${random.slice(0, 20)}.aB3d_x.${random.slice(0, 28)}`],
    ['Mailchimp', `${hex.slice(0, 32)}-us12`],
    ['any with a prefix', `acme_${random}${random.slice(0, 8)}`],
  ])('a key of %s is found as a whole, wherever it stands', (_, key) => {
    expect(found(key)).toEqual([key])
    expect(found(`Please use ${key}, it works.`)).toEqual([key])
    expect(found(`curl "https://api.test/v1?q=1&x=${key}&y=2"`)).toEqual([key])
  })
})

describe('credentials by their names', () => {
  test.each([
    [`API_KEY=${random}`, random],
    [`"clientSecret": "${random}"`, random],
    [`acme_token = '${hex}'`, hex],
    [`acmeSECRET ${hex}`, hex],
    [`acme access token ${random}`, random],
    [`apiKey => "${random}"`, random],
    [`The key for staging is ${random}.`, random],
    [`https://api.test/v1/events?access_token=${hex}`, hex],
    ['DB_PASSWORD=S3cr3t!pass', 'S3cr3t!pass'],
    ['password: "pa55word!"', 'pa55word!'],
    ["SECRET_KEY = 'q!x_7k@w0&zp(4)v9#m2;b8'", 'q!x_7k@w0&zp(4)v9#m2;b8'],
    ['my password is hunter2!x', 'hunter2!x'],
    ['我的密码是 hunter2!x', 'hunter2!x'],
    ['パスワードは hunter2!x です', 'hunter2!x'],
    ['비밀번호: hunter2!x', 'hunter2!x'],
    ['Мой пароль: hunter2!x', 'hunter2!x'],
    ['كلمة المرور: hunter2!x', 'hunter2!x'],
    ['Mật khẩu là hunter2!x', 'hunter2!x'],
    ['Server=db;User Id=sa;Password=S3cr3t!pass;Encrypt=true', 'S3cr3t!pass'],
    ['postgres://app:s3cr3t@db.test:5432/app', 's3cr3t'],
    ['redis://:s3cr3tvalue@cache.test', 's3cr3tvalue'],
    ['mongodb+srv://app:p@ss@cluster.test/x', 'p@ss'],
    [`Authorization: Bearer ${hex}`, hex],
    ['Authorization: Basic YWRtaW46aHVudGVyMng=', 'YWRtaW46aHVudGVyMng='],
    ['curl -u admin:hunter2x https://x.test', 'hunter2x'],
    ['curl -u admin:hunt2r https://x.test', 'hunt2r'],
    ['sshpass -p hunter2x ssh me@x.test', 'hunter2x'],
    ['mysql -u root -h db.test -phunter2x app', 'hunter2x'],
    ['jdbc:oracle:thin:app/hunter2x@db.test:1521', 'hunter2x'],
    [`{"auth": "${Buffer.from('me:hunter2x').toString('base64')}"}`, Buffer.from('me:hunter2x').toString('base64')],
    ['machine x.test login me password hunter2x', 'hunter2x'],
    [
      `AccountName=a;AccountKey=${random}${random}${random.slice(0, 20)}==;`,
      `${random}${random}${random.slice(0, 20)}==`,
    ],
  ])('%s', (text, secret) => {
    expect(found(text)).toEqual([secret])
  })

  test('a private key is found from its first line to its last', () => {
    expect(found(`Here:\n${pem}\nthanks`)).toEqual([pem])
    expect(found(JSON.stringify({ private_key: pem })).join('')).toContain('-----BEGIN')
  })
})

describe('what is no secret', () => {
  test.each([
    'Please explain what an API key is and why a token expires.',
    'The key to success is persistence; the password must have 8 characters.',
    'const token = process.env.ACCESS_TOKEN',
    'api_key = os.environ["OPENAI_API_KEY"]',
    'password = getPassword(user)',
    'token: ${{ secrets.GITHUB_TOKEN }}',
    'API_KEY=YOUR_API_KEY_GOES_HERE_1234',
    'API_KEY=xxxxxxxxxxxxxxxxxxxx1234',
    'password: <your password>',
    'PASSWORD=changeme',
    'export TOKEN="$TOKEN"',
    'amqp://user:*****@x.test',
    'postgres://$USER:$PASSWORD@db.test/app',
    'postgres://user:password@localhost/app',
    'commit 9f5c17d2a84be03716f2c9d0b1e4a7385c6d2f90 fixes the key handling',
    'user_key: d2db5ec4-6e7a-11ee-b962-0242ac120002',
    'GPG key: 9554F04D7259F04124DE6B476D5A82AC7E37093B',
    'class X509WorkloadIdentityAuth implements Authentication {}',
    'primary_key: order_items_2023',
    'sort by key, then by value1, value2 and value3',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    '我想知道什么是密码学，以及令牌是什么。',
    '',
  ])('%s', text => {
    expect(found(text)).toEqual([])
  })
})

test('every one of several secrets is found', () => {
  expect(found(`${stripe} and ${github}`)).toEqual([stripe, github])
})

test('characters that nobody sees do not hide a key', () => {
  const hidden = github.split('').join('\u200b')
  expect(found(`use ${hidden} now`)).toEqual([hidden])
})

test('a key is found in what is written in base64', () => {
  const encoded = Buffer.from(`the token is ${github} ok`).toString('base64')
  expect(found(`decode ${encoded} please`).length).toBeGreaterThan(0)
})

test('rules that are off find nothing', () => {
  const without = secrets({ ...settings, rulesOff: ['password'] })
  expect(found('password: "pa55word!"', without)).toEqual([])
  expect(() => secrets({ ...settings, rulesOff: ['pasword'] })).toThrow('pasword')
})

test('no text makes it slow: a megabyte of what rules look for stays far from a second', { timeout: 60_000 }, () => {
  const spam = [
    'key=, key,password is ,token:secret:key:,ghp_,glpat-,eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.,://a:b@,QUJDREVG,a, ',
    'authorization: bearer ,密码是,token=x9Kd8fj3LqP0zM7wR2tY5vB1 ,kind: secret data: ,pypi-AgEIcHlwaS5vcmc,sk-,😀',
  ].flatMap(line => line.split(','))
  spam.push('-----BEGIN RSA PRIVATE KEY-----\n', 'NetworkCredential("a","', 'key = "a" ')
  for (const each of spam) {
    const text = each.repeat(Math.ceil(1_048_576 / each.length))
    const from = performance.now()
    scanner.scan(new Subject(text), context())
    expect({ each, slow: performance.now() - from > 2_000 }).toEqual({ each, slow: false })
  }
})

test('a text full of secrets is one finding from where there were too many', () => {
  const text = `token=${random} `.repeat(20_000)
  const all = scanner.scan(new Subject(text), context())
  expect(all.length).toBeLessThanOrEqual(4_096)
  expect(all.at(-1)?.end).toBe(text.length)
})

test('halves of surrogate pairs and writing from right to left do no harm', () => {
  expect(found(`\ud800 password: "pa55word!" \udc00`)).toEqual(['pa55word!'])
  expect(found('\u202eكلمة\u202c')).toEqual([])
})
