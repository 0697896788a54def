import { hideCredentials } from '@drover/shared/config/problem'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

/** What the stand-in hosts run at once, each. */
export const demoSlots = 4

/** JSON is YAML: quoting is its affair. */
const configText = (title: string, config: object): string =>
  `# Written by \`drover up\` at each start: ${title}.
# To change something, copy it to drover.yaml, which comes first.
${Object.entries(config)
  .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  .join('')}`

export const ollamaConfig = (url: string): string =>
  configText(`an Ollama answers at ${hideCredentials(url)}`, { hosts: [{ id: 'local', url }] })

export const demoConfig = (ports: readonly number[]): string =>
  configText('stand-in hosts, which make up their answers', {
    demo: true,
    hosts: ports.map((port, index) => ({ id: `demo-${index + 1}`, url: `http://127.0.0.1:${port}`, slots: demoSlots })),
  })

/** Answers the file's name. */
export const writeGenerated = async (folder: string, text: string): Promise<string> => {
  const file = path.join(folder, 'generated.yaml')
  await writeFile(file, text, { mode: 0o600 })
  return file
}
