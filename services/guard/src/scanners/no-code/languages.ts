/** Names that fences use for languages, and which of them look alike. */

/** What `family.ts` can tell apart. `other`: a language of which it knows no marks. */
const families = [
  'python',
  'script',
  'curly',
  'shell',
  'sql',
  'markup',
  'style',
  'json',
  'yaml',
  'settings',
  'php',
  'ruby',
  'lisp',
  'tex',
  'other',
] as const
export type Family = (typeof families)[number]

/** By family: a language, then its other names. */
const names: Readonly<Record<Family, string>> = {
  python: 'python py python3 py3 gyp, starlark bazel bzl, cython pyx, pycon',
  script:
    'javascript js mjs cjs node nodejs ecmascript, typescript ts mts cts, jsx, tsx, vue, svelte, coffeescript coffee',
  curly: `java, c h, c++ cpp cc cxx hpp c++11 c++17 c++20, c# csharp cs dotnet, go golang, rust rs, kotlin kt kts, swift,
    scala sc, groovy gvy gradle, dart, objective-c objectivec objc obj-c, solidity sol, zig, apex, d, glsl hlsl wgsl shader,
    cuda cu, verilog v systemverilog sv, protobuf proto, arduino ino, v vlang, processing, awk gawk`,
  shell: `shell sh bash zsh ksh fish shellscript shell-session console terminal bash-session, powershell ps1 ps pwsh,
    batch bat cmd batchfile dos, dockerfile docker, makefile make mk`,
  sql: 'sql mysql postgresql postgres psql sqlite tsql t-sql plsql pl/sql plpgsql mssql bigquery hql',
  markup: 'html htm xhtml html5, xml xsd xsl xslt svg rss plist xaml wsdl, handlebars hbs mustache, jinja jinja2 twig',
  style: 'css, scss, sass, less, stylus styl',
  json: 'json json5 jsonc jsonl ndjson geojson',
  yaml: 'yaml yml',
  settings: 'toml, ini cfg conf dosini properties env dotenv editorconfig, systemd service, nginx nginxconf, apache',
  php: 'php php3 php7 php8',
  ruby: 'ruby rb erb rails, crystal cr, elixir ex exs',
  lisp: 'lisp common-lisp commonlisp cl, clojure clj cljs edn, scheme scm racket rkt, emacs-lisp elisp el',
  tex: 'latex tex bibtex',
  other: `r rlang rscript, julia jl, matlab m octave, lua, tcl, perl pl, haskell hs, ocaml ml, f# fsharp fs, erlang erl,
    prolog, ada adb, pascal delphi, cobol cob, fortran f90 f77 f95, assembly asm nasm masm x86asm armasm arm mips, wasm wat,
    vhdl, vb vbnet vb.net vba visualbasic visual-basic basic, vbscript vbs, nim, elm, graphql gql, terraform tf hcl,
    cmake, vim vimscript viml, diff patch, regex regexp, sed, jq, abap, smalltalk, forth, apl, coq, lean, mermaid, dot graphviz,
    plantuml, http, llvm, excel, sas, stata, gdscript, mathematica wolfram`,
}

interface Language {
  readonly name: string
  readonly family: Family
}

const known = ((): ReadonlyMap<string, Language> => {
  const map = new Map<string, Language>()
  for (const family of families) {
    for (const group of names[family].split(',')) {
      const [name = '', ...others] = group.trim().split(/\s+/)
      for (const each of [name, ...others]) if (!map.has(each)) map.set(each, { name, family })
    }
  }
  return map
})()

/** Fences of what is no code, or need not be. */
const plain = new Set(
  'text txt plain plaintext md markdown mdx csv tsv output log quote poem none latex-math math rst asciidoc'.split(' '),
)

/** What a fence says it holds: its info string's first word. */
export interface Tag {
  /** The language, by the first of its names; in lower case as it was written if it is not known. */
  readonly name: string
  readonly family: Family
  /** `plain`: says that it is text; `none`: says nothing. */
  readonly kind: 'language' | 'plain' | 'none'
}

export const tagOf = (info: string): Tag => {
  const word = /^[{.]{0,2}([^\s{}:,]{1,40})/.exec(info.trim().toLowerCase())?.[1] ?? ''
  if (word === '') return { name: '', family: 'other', kind: 'none' }
  if (plain.has(word)) return { name: word, family: 'other', kind: 'plain' }
  const language = known.get(word)
  return { name: language?.name ?? word, family: language?.family ?? 'other', kind: 'language' }
}

/** The languages that may appear. */
export interface Allowed {
  readonly names: ReadonlySet<string>
  readonly families: ReadonlySet<Family>
}

export const allowedOf = (names: readonly string[]): Allowed => {
  const tags = names.map(tagOf).filter(tag => tag.name !== '')
  return { names: new Set(tags.map(tag => tag.name)), families: new Set(tags.map(tag => tag.family)) }
}
