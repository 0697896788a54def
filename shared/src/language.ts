/** The languages drover answers people in. */
export const languages = ['en', 'zh', 'vi', 'ja', 'ko', 'ru', 'ar'] as const

export type Language = (typeof languages)[number]
