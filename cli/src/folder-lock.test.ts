import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

import { lockFolder } from './folder-lock.ts'

test('a folder is locked while its owner lives, and free when it was killed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover lock '))
  try {
    const program = fileURLToPath(new URL('fixtures/lock.ts', import.meta.url))
    const owner = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    expect(String((await once(owner.stdout, 'data'))[0])).toBe('true')
    expect(await lockFolder(folder)).toBe(false)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    expect(await lockFolder(folder)).toBe(true)
    expect(await lockFolder(folder)).toBe(false)
  } finally {
    await rm(folder, { recursive: true })
  }
})
