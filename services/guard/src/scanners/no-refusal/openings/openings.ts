/**
 * How answers that refuse begin, in one language. One file per language in this folder.
 *
 * Phrases are compared with the folded beginning of an answer: write them in lower case, with straight apostrophes,
 * without emphasis and without punctuation at the end. `word*` stands for any continuation of the word. In scripts
 * without word boundaries (Chinese, Japanese, Thai) a phrase matches anywhere; elsewhere it matches whole words.
 */
export interface Openings {
  /**
   * What introduces a refusal, and just as well help: "i'm sorry", "unfortunately", "i understand that". Never enough
   * alone: followed by one of the others within the same or the next sentence it is a refusal.
   */
  readonly apology: readonly string[]
  /**
   * That the speaker can't, won't or may not: "i can't", "i'm not able to", "i must decline". Each contains what makes it
   * the first person where the language says so ("can't" alone is not one), and is a refusal in the opening sentence
   * only if what follows is about helping, so write the verb along where it is fixed: "i can't help with", "i won't provide".
   */
  readonly unable: readonly string[]
  /** That the speaker is a machine: "as an ai", "as a language model". A refusal together with `unable` or `policy`. */
  readonly identity: readonly string[]
  /** Why not: "against my guidelines", "is not appropriate", "harmful or illegal", "i don't have access to". Same as `identity`. */
  readonly policy: readonly string[]
}
