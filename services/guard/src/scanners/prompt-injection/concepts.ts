/** What attacks on a prompt are made of, whatever their language. Rules and the model speak of concepts only. */

export const concepts = [
  /** To set aside: ignore, disregard, forget, bypass, override, stop following. */
  'override',
  /** What was there before: previous, above, prior, earlier, all, everything, you were given. */
  'previous',
  /** What rules a model: instructions, rules, guidelines, directives, orders, restrictions, policies, programming. */
  'instructions',
  /** To make known: reveal, show, print, repeat, output, leak, translate, summarise, what is. */
  'reveal',
  /** Text the user is not meant to see: system prompt, initial prompt, hidden instructions, your instructions, text above. */
  'systemPrompt',
  /** What is kept: password, secret key, access code. */
  'secret',
  /** Without bounds: no restrictions, unfiltered, uncensored, jailbroken, developer mode, DAN, do anything now. */
  'unrestricted',
  /** To be somebody else: you are now, act as, pretend, from now on you, role-play. */
  'persona',
  /** Other work than so far: new instructions, new task, instead, from now on, updated instructions. */
  'newTask',
  /** The answer word by word: only say, just print, respond only with, output exactly. */
  'sayExactly',
  /** Behind the user's back: do not mention, do not tell the user, without telling. */
  'secretly',
  /** To do whatever is asked: never refuse, you cannot refuse, no disclaimers, never say sorry. */
  'neverRefuse',
  /** Whom it speaks to: you, AI, assistant, chatbot, language model, GPT. */
  'model',
  /** What comes before is over: end of document, end of context, END OF INPUT, </data>. */
  'endOfData',
  /** Who speaks, in the marks of chat templates: <|im_start|>system, [INST], ### System:, </system>. Mostly language-free. */
  'roleMarker',
  /** A call for attention: IMPORTANT, attention AI, note to the assistant. */
  'important',
  /** To carry something out: send or post it to an address, put this link or image into your answer. */
  'exfiltrate',
  /** What it will say: your answer, your response, your reply, when you summarise. */
  'answer',
  /** Talk about attacks rather than one: prompt injection, attackers, the phrase, what does it mean, how to prevent. */
  'talk',
  /** The work at hand: question, task, translation, summary, the text above. */
  'task',
  /** Who does it, by its function: translator, grader, reviewer, the software, whoever reads this. */
  'doer',
  /** What models are kept from: bombs, poison, drugs, breaking in, forging, without getting caught. */
  'harm',
] as const

export type Concept = (typeof concepts)[number]

/**
 * The phrases of one language, as `View.folded` shows them: lower case, NFKC, one space between words.
 * `word*` is a word that begins so, `*word` one that ends so (Arabic clitics), both may be combined; otherwise a
 * phrase is found between the edges of words only.
 */
export interface Lexicon {
  /** For scripts without spaces: phrases are found anywhere, and `*` has no meaning. */
  readonly scriptless?: boolean
  readonly concepts: Readonly<Partial<Record<Concept, readonly string[]>>>
}
