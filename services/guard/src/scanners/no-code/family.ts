import type { Family } from './languages.ts'

/** Which family of languages some lines of code are of. Only asked where a language is allowed. */

interface Mark {
  readonly family: Family
  /** How much it says. */
  readonly weight: number
  /** For a line of at most `segmentCharsMax` characters. */
  readonly pattern: RegExp
}

const marks: readonly Mark[] = (
  [
    ['python', 3, /^\s*(?:async )?(?:def|class) \w{1,80}.{0,200}:\s*(?:#.{0,200})?$/],
    ['python', 3, /^\s*from [\w.]{1,80} import |^\s*import [\w.]{1,80}(?: as \w{1,40})?\s*$/],
    ['python', 2, /^\s*(?:if|elif|else|for|while|try|except|with|finally)\b.{0,250}:\s*(?:#.{0,200})?$/],
    ['python', 2, /\b(?:None|True|False|elif|__\w{1,20}__)\b|\bself\.|^\s*print\(|\bf["']/],
    ['python', 1, /^\s*[a-z_]{1,60} = [^;{]{1,200}[^;{]$/],
    ['script', 2, /\b(?:const|let|var) [\w${[]/],
    [
      'script',
      2,
      /===|!==|\bconsole\.|\bdocument\.|\brequire\(|\bmodule\.exports|\bexport (?:default|const|type|interface)\b/,
    ],
    ['script', 2, /\bfunction\b|\)\s*=>|\w =>|^\s*(?:interface|type) \w{1,60}/],
    ['script', 3, /^\s*import .{0,200} from ['"]/],
    ['script', 1, /;\s*$|\bawait |\bnew \w|\{\s*$|^\s*\}/],
    ['curly', 2, /^\s*(?:public|private|protected|internal|static|final|virtual|override|extern|unsafe)\b/],
    [
      'curly',
      2,
      /\b(?:void|int|char|double|float|bool|boolean|String|string|auto|size_t|uint\d{0,3}|i32|u8|f64)\b [*&\w]/,
    ],
    [
      'curly',
      3,
      /^\s*#(?:include|define|ifdef|pragma)|\bstd::|\bSystem\.|\bfmt\.|println!|:=|\bfn \w|\bfunc \w|\bfun \w/,
    ],
    ['curly', 2, /^\s*(?:package|namespace|using|impl|struct|enum|trait|template|module|protocol|extension)\b/],
    ['curly', 1, /;\s*$|\{\s*$|^\s*\}/],
    ['shell', 3, /^\s*(?:\$ |#!\/|PS [A-Z]:|>>? ?(?:npm|pip|git)\b)|^\s*@echo/],
    [
      'shell',
      3,
      /^\s*(?:sudo|apt|apt-get|yum|brew|npm|npx|yarn|pip3?|git|docker|kubectl|cd|ls|mkdir|chmod|curl|wget|ssh|tar|grep|sed|awk|echo|export|cp|mv|rm|cat|find|FROM|RUN|COPY|CMD|Get-\w+|Set-\w+|New-\w+) /,
    ],
    ['shell', 2, /^\s*(?:fi|done|esac|then|do)\s*;?\s*$|\bthen\s*$|;\s*do\s*$|\[\[? /],
    ['shell', 1, /\$\{?\w|\|\s*\w| --?[a-z]/],
    [
      'sql',
      4,
      /^\s*(?:select|insert into|update \w{1,60} set|delete from|create (?:or replace |unique )?(?:table|index|view|procedure|function)|alter table|drop (?:table|index|view)|with \w{1,60} as|explain|grant|merge into)\b/i,
    ],
    ['sql', 2, /^\s*(?:from|where|group by|order by|having|(?:left |right |inner |full )?join|values|limit|union)\b/i],
    ['markup', 3, /^\s*<[!?/]?[a-zA-Z][\w:-]{0,60}/],
    ['markup', 1, /<\/?[a-zA-Z][\w:-]{0,60}[ >/]/],
    [
      'style',
      3,
      /^\s*[.#@:*&][\w-]{1,80}.{0,200}\{|^\s*(?:body|html|h[1-6]|a|p|div|ul|li|table|nav|button)\b[^{}()=]{0,100}\{/,
    ],
    ['style', 2, /^\s*[a-z-]{2,40}\s*:\s*[^;{}]{1,200};\s*$/],
    ['json', 4, /^\s*[{[]?\s*\{?\s*"[^"]{1,100}"\s*:/],
    ['json', 1, /^\s*[{}[\]]{1,4},?\s*$|^\s*[{[]\s*["[{]/],
    ['yaml', 2, /^\s*(?:- )?[\w./-]{1,80}:(?:\s+[^{;]{0,250})?$/],
    ['yaml', 2, /^---\s*$|^\s*- \w/],
    ['settings', 3, /^\s*\[{1,2}[\w. "-]{1,80}\]{1,2}\s*$/],
    ['settings', 1.5, /^\s*[\w.-]{1,80}\s*=\s*[^;({]{1,250}$|^\s*[a-z_]{2,40} [^=()]{1,200};\s*$/],
    ['php', 5, /<\?(?:php|=)/],
    ['php', 3, /^\s*\$\w{1,60}\s*(?:=|->|\[)|\$this->|->\w{1,60}\(/],
    ['ruby', 2, /^\s*end\s*$|\bdo\s*(?:\|.{1,60}\|)?\s*$|\bdefmodule\b|\|> /],
    ['ruby', 2, /^\s*(?:def \w{1,60}[^:]{0,100}$|puts |require ['"]|attr_|module \w)|\.each\b|@\w{1,40} = |IO\.puts/],
    [
      'lisp',
      4,
      /^\s*[('`]{1,3}(?:def\w{0,20}|let\*?|ns|lambda|define|if|cond|setq|setf|loop|println|require|use|format|->>?)[\s)]/,
    ],
    ['lisp', 1, /\){2,}\s*$|^\s*\(/],
    ['tex', 4, /^\s*\\(?:begin|end|section|subsection|documentclass|usepackage|item|title|author|newcommand|label)\b/],
  ] as const
).map(([family, weight, pattern]) => ({ family, weight, pattern }))

/** What the best guess must have, and be ahead of the next. */
const certainAt = 3
const lead = 1

/** What another family must have for a fence not to be what it says. */
const contradictionAt = 4
const contradictionLead = 2.5

/** Adds up what the lines of one block say. */
export class FamilyVotes {
  readonly #votes = new Map<Family, number>()

  add(line: string): void {
    for (const { family, weight, pattern } of marks) {
      if (pattern.test(line)) this.#votes.set(family, (this.#votes.get(family) ?? 0) + weight)
    }
  }

  /** Undefined while nothing is clearly ahead. */
  get best(): Family | undefined {
    const [first, second] = [...this.#votes].sort((a, b) => b[1] - a[1])
    if (!first || first[1] < certainAt || first[1] < (second?.[1] ?? 0) + lead) return undefined
    return first[0]
  }

  /** Whether the lines are clearly of another family. Markup may hold scripts and styles, PHP holds markup, and so on. */
  contradicts(family: Family): boolean {
    const own = this.#votes.get(family) ?? 0
    for (const [other, votes] of this.#votes) {
      if (other === family || (embeds[family] ?? []).includes(other)) continue
      if (votes >= contradictionAt && votes >= own + contradictionLead) return true
    }
    return false
  }
}

/** Families that blocks of a family hold as well, or that look much like it. */
const embeds: Partial<Record<Family, readonly Family[]>> = {
  markup: ['script', 'style', 'php', 'curly'],
  php: ['markup', 'script', 'style', 'sql', 'curly'],
  script: ['curly', 'markup', 'style', 'json'],
  curly: ['script'],
  shell: ['settings', 'yaml'],
  yaml: ['shell', 'settings'],
  settings: ['yaml', 'shell', 'style'],
  style: ['yaml'],
}
