import { expect, test } from 'vitest'
import { adminPort, withPorts } from './ports.ts'
import { configSchema } from './schema.ts'

const config = (server: object, admin: object = {}) =>
  configSchema.parse({ hosts: [{ id: 'a', url: 'http://h:1' }], server, admin })

test.each([
  [{}, {}, {}, 8001],
  [{ port: 9000 }, {}, {}, 9001],
  [{ port: 0 }, {}, {}, 0],
  [{ port: 65_535 }, {}, {}, 65_534],
  [{ port: 9000 }, { port: 0 }, {}, 0],
  [{ port: 0 }, { port: 7000 }, {}, 7000],
  [{}, {}, { DROVER_PORT: '9100' }, 9101],
  [{}, {}, { DROVER_PORT: '0' }, 0],
  [{}, { port: 7000 }, { DROVER_PORT: '9100' }, 7000],
  [{}, { port: 7000 }, { DROVER_ADMIN_PORT: '7100' }, 7100],
  [{}, { port: 7000 }, { DROVER_ADMIN_PORT: '' }, 7000],
  [{}, {}, { DROVER_PORT: '' }, 8001],
])('server %o, admin %o, %o: the admin listener is on %i', (server, admin, env, port) => {
  expect(adminPort(withPorts(config(server, admin), env))).toBe(port)
})
