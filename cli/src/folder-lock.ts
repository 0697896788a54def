import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import path from 'node:path'

/**
 * Takes `folder` for the rest of this process's life; false if another process has it. The lock is a unix socket that
 * is listened on, so the kernel releases it however its owner dies: a socket file that nobody answers is left over.
 */
export const lockFolder = async (folder: string): Promise<boolean> => {
  await mkdir(folder, { recursive: true })
  // Relative, because the address of a socket has room for about 100 characters.
  const file = path.relative('', path.join(folder, 'lock'))
  if (await listen(file)) return true
  if (await isAnswered(file)) return false
  await rm(file, { force: true })
  return listen(file)
}

const listen = async (file: string): Promise<boolean> => {
  const server = createServer(socket => socket.destroy()).listen(file)
  try {
    await once(server, 'listening')
    server.unref()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
}

const isAnswered = async (file: string): Promise<boolean> => {
  const socket = connect(file)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
