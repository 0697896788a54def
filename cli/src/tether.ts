/**
 * `sh` starts a twin that waits for the end of standard input and then becomes the command itself. So a program that
 * knows nothing of us ends when we do, even by kill -9: the kernel closes our end of the pipe. Its pid, signals and exit
 * code are the command's own. (SIGCONT, because a stopped process would sit on its SIGTERM.)
 */
const script = [
  'exec 3<&0',
  '{ while read -r _ <&3; do :; done; kill -TERM $$; kill -CONT $$; } >/dev/null 2>&1 &',
  'exec "$@" 3<&- </dev/null',
].join('\n')

export const tethered = (command: string, args: readonly string[]): { command: string; args: string[] } => ({
  command: 'sh',
  args: ['-c', script, 'tether', command, ...args],
})
