/** What stands where a secret will be, or says how to get at one. */

const signs =
  /x{4}|\*{3}|\.{3}|_{4}|your|example|sample|placeholder|change[-_]?(?:me|it)|insert|replace|redacted|dummy|todo|fixme|goes[-_]?here|<|>|\$\{|\{\{|#\{|%\(|%s/i
const wholly =
  /^(?:\$[\w.:]*|\$\(.*|%\w+%|@\w+@|\{[\w.: -]*\}|\[.*\]|(?:my|the|some|a|new|test)?[-_ ]?(?:api)?[-_ ]?(?:key|token|secret|password|passwd|value|string))$/i
const nothing = /^(?:true|false|null|nil|none|undefined|string|required|optional|n\/a|yes|no|on|off|empty)$/i
/** `process.env.X`, `os.environ["X"]`, `config.get(…)`, `secrets.TOKEN`. */
const code = /^[a-z_$]{1,64}\d?(?:\.[a-z_$]{1,64}\d?){1,16}$|[a-z_$]{3}\(|\[['"]|\benv\b|^(?:self|this)\./i

/** Fewer than that are one key held down, or 0000-0000. */
const distinctMin = 4

/** Texts are at most a few hundred characters long: nothing here depends on more. */
export const isPlaceholder = (text: string): boolean =>
  signs.test(text) ||
  nothing.test(text) ||
  wholly.test(text) ||
  code.test(text) ||
  new Set(text.toLowerCase()).size < distinctMin
