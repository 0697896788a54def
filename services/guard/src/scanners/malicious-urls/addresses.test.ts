import { describe, expect, it } from 'vitest'
import { Subject } from '../../text/subject.ts'
import type { Address } from './address.ts'
import { AddressReader } from './addresses.ts'
import { segmentEnd } from './segments.ts'

const read = (raw: string): (Address & { written: string })[] => {
  const { text } = new Subject(raw).normal
  const found = []
  for (let from = 0; from < text.length;) {
    const segment = segmentEnd(text, from)
    const end = segment < 0 ? text.length : segment
    for (const address of new AddressReader(text, from, end).read()) {
      found.push({ ...address, written: text.slice(address.start, address.end) })
    }
    from = end
  }
  return found
}

const zeroWidth = '\u200B'

describe('addresses in text', () => {
  it.each([
    ['see http://evil.com/login.', 'http://evil.com/login', 'evil.com'],
    ['evil.com/login', 'evil.com/login', 'evil.com'],
    ['Try www.evil.com!', 'www.evil.com', 'www.evil.com'],
    ['EVIL.COM/LOGIN', 'EVIL.COM/LOGIN', 'evil.com'],
    ['(https://en.wikipedia.org/wiki/Foo_(bar))', 'https://en.wikipedia.org/wiki/Foo_(bar)', 'en.wikipedia.org'],
    ['evil[.]com', 'evil[.]com', 'evil.com'],
    ['evil(dot)com/x', 'evil(dot)com/x', 'evil.com'],
    ['evil{.}com', 'evil{.}com', 'evil.com'],
    ['hxxp://evil[.]com/a', 'hxxp://evil[.]com/a', 'evil.com'],
    ['hxxps[://]evil[.]com', 'hxxps[://]evil[.]com', 'evil.com'],
    ['evil [.] com/login now', 'evil [.] com/login', 'evil.com'],
    ['http://evil。com/登录', 'http://evil。com/', 'evil.com'],
    ['www.evil。com', 'www.evil。com', 'www.evil.com'],
    ['请访问http://evil.com是的', 'http://evil.com', 'evil.com'],
    ['请访问evil.com。谢谢', 'evil.com', 'evil.com'],
    ['https://www.google.co.jpでアクセス可能。', 'https://www.google.co.jp', 'www.google.co.jp'],
    ['example.com에서', 'example.com', 'example.com'],
    ['xem evil.vn/đăng-nhập nhé', 'evil.vn/đăng-nhập', 'evil.vn'],
    ['http://例子.中国/', 'http://例子.中国/', 'xn--fsqu00a.xn--fiqs8s'],
    ['xn--80ak6aa92e.com', 'xn--80ak6aa92e.com', 'xn--80ak6aa92e.com'],
    ['ｅｖｉｌ．ｃｏｍ／ｌｏｇｉｎ', 'evil.com/login', 'evil.com'],
    [`ev${zeroWidth}il.c${zeroWidth}om/login`, 'evil.com/login', 'evil.com'],
    ['http://%65vil.com/', 'http://%65vil.com/', 'evil.com'],
    ['http://3627733806/a', 'http://3627733806/a', '216.58.211.46'],
    ['http://0xd8.0x3a.0xd3.0x2e', 'http://0xd8.0x3a.0xd3.0x2e', '216.58.211.46'],
    ['http://0330.072.0323.056/', 'http://0330.072.0323.056/', '216.58.211.46'],
    ['http://[::1]:80/x', 'http://[::1]:80/x', '[::1]'],
    ['45.90.58.12/Finance/x', '45.90.58.12/Finance/x', '45.90.58.12'],
    ['192.168.1.1:8080', '192.168.1.1:8080', '192.168.1.1'],
    ['//evil.com/x', '//evil.com/x', 'evil.com'],
    ['http://paypal.com@evil.com/x', 'http://paypal.com@evil.com/x', 'evil.com'],
    ['http://evil.com\\@paypal.com', 'http://evil.com\\@paypal.com', 'evil.com'],
    ['http://http://evil.com/x', 'http://evil.com/x', 'evil.com'],
    ['"https:\\/\\/evil.com\\/x"', 'https:\\/\\/evil.com\\/x', 'evil.com'],
    ['<a href="http://evil.com/x">', 'http://evil.com/x', 'evil.com'],
    ['![alt text](https://evil.com/a_(b).png "title")', 'https://evil.com/a_(b).png', 'evil.com'],
    ['[x](<http://evil.com/x>)', 'http://evil.com/x', 'evil.com'],
    ['**evil.com**', 'evil.com', 'evil.com'],
    ['_evil.com_', 'evil.com', 'evil.com'],
    ['`evil.com/x`', 'evil.com/x', 'evil.com'],
    ['{"url":"http://evil.com/x","n":1}', 'http://evil.com/x', 'evil.com'],
    ['docs.rs/tokio', 'docs.rs/tokio', 'docs.rs'],
    ['secure-login.app', 'secure-login.app', 'secure-login.app'],
    ['http://main.py/x', 'http://main.py/x', 'main.py'],
    ['https://evil.com…', 'https://evil.com', 'evil.com'],
    ['evil.com:8443/a', 'evil.com:8443/a', 'evil.com'],
    ['Open http://evil.com.', 'http://evil.com', 'evil.com'],
  ])('%s', (text, written, host) => {
    expect(read(text).map(each => [each.written, each.host.host])).toEqual([[written, host]])
  })

  it.each([
    'file.txt, node.js, README.md, main.py, setup.sh and lib.rs',
    'e.g. this, i.e. that, U.S.A., v1.2.3, 3.14, 1.000.000, 12.30pm',
    'user.name, os.path.join(a), plt.show(), self.x, event.target, rect.top, done.In',
    'me@evil.com and a@b.com/evil',
    'ssh://git@evil.com:foo/bar.git',
    'System.Net.Http, Next.js, com.google.android.app',
    'https://${HOST}/x, https://{host}/y, http://[Tailscale_IP]:90',
    '10.0.0.0/8, 1.2.3.4',
    'src/evil.com/x.ts, C:\\evil.com\\x',
    'A sentence. Another one.And a third (dot) here.',
    '我喜欢Python。Java也不错',
    '',
    '\uD800.\uDFFF',
  ])('none in: %s', text => {
    expect(read(text).map(each => each.written)).toEqual([])
  })

  it('reads an address within the query of another one', () => {
    const text = 'https://google.com/url?q=http://evil.com/a and https://google.com/url?q=http%3A%2F%2Fevil.org%2Fa'
    expect(read(text).map(each => each.host.host)).toEqual(['google.com', 'evil.com', 'google.com', 'evil.org'])
  })

  it('knows what a link of Markdown shows', () => {
    expect(read('[paypal.com](http://evil.example/x)')[1]?.label).toEqual({ text: 'paypal.com', image: false })
    expect(read('![a](http://evil.com/)')[0]?.label).toEqual({ text: 'a', image: true })
  })

  it('splits port, user and rest', () => {
    expect(read('http://user:pass@host.com:8080/p?q#f')[0]).toMatchObject({
      userinfo: 'user:pass',
      port: '8080',
      rest: '/p?q#f',
    })
  })
})
