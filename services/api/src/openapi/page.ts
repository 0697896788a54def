import type { Document, DocumentedOperation, MediaType, Parameter } from './document.ts'
import { code, escape, prose } from './html.ts'
import { SchemaPrinter } from './page-schema.ts'
import type { JsonObject } from './schemas.ts'

/** The reference as one page of plain HTML: no script, nothing from elsewhere, readable without its style sheet. */
export const pageOf = ({ info, tags, paths, components }: Document): string => {
  const print = new SchemaPrinter(components.schemas)
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ ...described, title: `${method.toUpperCase()} ${path}` })),
  )
  const groups = tags.map(tag => ({ ...tag, operations: all.filter(each => each.tags.includes(tag.name)) }))
  const sections = groups.map(
    ({ name, description, operations }) =>
      `<section id="${name}"><h2>${name}</h2><p>${prose(description)}</p>${operations.map(each => operation(each, print)).join('')}</section>`,
  )
  const asked = Object.values(components.parameters).map(({ name, ...header }) => headerItem(name, header, print))
  const answered = Object.entries(components.headers).map(([name, header]) => headerItem(name, header as Header, print))
  const schemas = print
    .linked()
    .map(({ name, html }) => `<article id="${name}"><h3>${code(name)}</h3>${html}</article>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)} ${escape(info.version)}: API</title><style>${style}</style></head><body>
<a class="skip" href="#main">To the reference</a>
<header><h1>${escape(info.title)} <small>${escape(info.version)}</small></h1>
<p>${prose(info.description)}</p><p>For programs, the same as OpenAPI 3.1: <a href="openapi.json">openapi.json</a>.</p></header>
<nav aria-label="Contents">${groups.map(contents).join('')}<p><a href="#headers">Headers</a></p><p><a href="#schemas">Schemas</a></p></nav>
<main id="main">${sections.join('\n')}
<section id="headers"><h2>Headers</h2><h3>Of requests that ask a model</h3><dl>${asked.join('')}</dl>
<h3>Of answers</h3><dl>${answered.join('')}</dl></section>
<section id="schemas"><h2>Schemas</h2>${schemas.join('\n')}</section></main>
</body></html>`
}

interface Titled extends DocumentedOperation {
  readonly title: string
}

interface Header {
  readonly description?: string
  readonly schema: JsonObject
}

const contents = ({ name, operations }: { readonly name: string; readonly operations: readonly Titled[] }): string => {
  const items = operations.map(
    ({ operationId, title, summary }) => `<li><a href="#${operationId}">${code(title)}</a> ${prose(summary)}</li>`,
  )
  return `<p><a href="#${name}">${name}</a></p><ul>${items.join('')}</ul>`
}

const headerItem = (name: string, { schema, description }: Header, print: SchemaPrinter): string =>
  `<dt>${code(name)}</dt><dd>${print.inline(schema)}${description === undefined ? '' : `<br>${prose(description)}`}</dd>`

const operation = (described: Titled, print: SchemaPrinter): string => {
  const { operationId, title, summary, description, parameters = [], requestBody, responses } = described
  const own = parameters.filter((each): each is Parameter => 'name' in each)
  const body = requestBody?.content['application/json']
  const asks = own.length < parameters.length
  const answers = Object.entries(responses[200]?.content ?? {})
  return `<article id="${operationId}"><h3>${code(title)}</h3>
<p>${prose(summary)}.${description === undefined ? '' : ` ${prose(description)}`}</p>
${own.length === 0 ? '' : `<dl>${own.map(each => parameter(each, print)).join('')}</dl>`}
${body?.schema === undefined ? '' : section('Body', print.block(body.schema, false))}
${answers.map(([type, media]) => answer(type, media, print)).join('')}
<p>${answers.length === 0 ? 'Always refused' : 'Refused'} with ${refusal(responses, print)}.${asks ? ' It has <a href="#headers">headers</a> of its own.' : ''}</p>
</article>`
}

const parameter = ({ name, in: where, required, description, schema }: Parameter, print: SchemaPrinter): string => {
  const note = required ? ' <strong>required</strong>' : ''
  const said = description === undefined ? '' : `<br>${prose(description)}`
  return `<dt>${code(name)} in the ${where}</dt><dd>${print.inline(schema)}${note}${said}</dd>`
}

const answer = (type: string, { schema = {}, 'x-itemSchema': item }: MediaType, print: SchemaPrinter): string => {
  if (item !== undefined)
    return section(`Answer, streamed as ${code(type)}: each event or line`, print.block(item, true))
  return type === 'application/json'
    ? section('Answer', print.block(schema, true))
    : `<p>Answer: a text, ${code(type)}.</p>`
}

const refusal = (responses: DocumentedOperation['responses'], print: SchemaPrinter): string =>
  print.inline(responses['4XX']?.content['application/json']?.schema ?? {})

const section = (title: string, html: string): string => `<details><summary>${title}</summary>${html}</details>`

/** On paper everything is open. */
const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
code{font:.95em ui-monospace,monospace}small{font-weight:normal}summary{cursor:pointer;padding:.25rem 0}
article{border-top:1px solid #8886;padding:.5rem 0;break-inside:auto}h2{margin-top:3rem}h2,h3{break-after:avoid}
nav ul{margin:.25rem 0 1rem;padding-left:1.5rem}nav p{margin:.25rem 0}
dt{float:left;clear:left;margin-right:.75rem}dd{margin:0 0 .5rem 1.5rem}dl dl{clear:left;border-left:2px solid #8884;padding-left:.75rem;margin:.25rem 0}
.or{margin:.25rem 0 .25rem .75rem;font-style:italic}:target{scroll-margin-top:1rem}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
@media print{body{max-width:none;font-size:11px}.skip{display:none}details::details-content{content-visibility:visible;block-size:auto}}`
