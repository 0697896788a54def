/** Which language a text in Chinese characters is in, as far as they show it. */

/** In the everyday part of the Japanese standard (JIS X 0208, level 1). */
const japanese = 1
/** In the everyday part of the Chinese ones (GB 2312 level 1, Big5 level 1). */
const chinese = 2
/** In simplified Chinese (GB 2312). */
const simplified = 4
/** In traditional Chinese (Big5). */
const traditional = 8
/** A word Chinese can't do without, and Japanese hardly has. */
const chineseWord = 16

const first = 0x4e_00
const classes = new Uint8Array(0xa0_00 - first)

const add = (characters: string, bits: number): void => {
  for (const character of characters) {
    const index = character.charCodeAt(0) - first
    if (index >= 0 && index < classes.length) classes[index] = (classes[index] as number) | bits
  }
}

/** Marks the characters that a double-byte standard has from one code to another. */
const mark = (encoding: string, from: number, to: number, bits: number): void => {
  const bytes: number[] = []
  // Below, the decoder of GB 2312 goes beyond the standard.
  const trailMin = encoding === 'gb2312' ? 0xa1 : 0x40
  for (let code = from; code <= to; code += 1) {
    if ((code & 0xff) >= trailMin) bytes.push(code >> 8, code & 0xff)
  }
  add(new TextDecoder(encoding).decode(Uint8Array.from(bytes)), bits)
}

mark('gb2312', 0xb0_a1, 0xd7_fe, simplified | chinese)
mark('gb2312', 0xd8_a1, 0xf7_fe, simplified)
mark('big5', 0xa4_40, 0xc6_7e, traditional | chinese)
mark('big5', 0xc9_40, 0xf9_d5, traditional)
mark('shift_jis', 0x88_9f, 0x98_72, japanese)

add('我你您她它是很吃喝哪怎把也那什', chineseWord)

interface HanEvidence {
  readonly japanese: number
  readonly chinese: number
}

const pairOf = (text: string, at: number): number => text.charCodeAt(at) * 0x1_00_00 + text.charCodeAt(at + 1)

/** Of Japanese words whose characters Chinese has too, while it has other words for them. */
const japanesePairs = new Set(
  `素数 年末 申告 工事 炭素 水素 酸素 窒素 政令 寄席 名称 東京 京都 大阪 名古 福岡 沖縄 奈良 横浜
  大丈 丈夫 勉強 仕事 質問 彼女 明日 昨日 今日 部屋 財布 切手 電車 携帯 名前 友達 会社 社長 部長
  課長 社員 株式 残業 給料 映画 漫画 野球 相撲 寿司 刺身 弁当 味噌 居酒 高校 受験 宿題 授業 卒業
  就職 面接 履歴 請求 見積 納期 取引 割引 送料 無料 有料 料金 値段 一番 上手 下手 苦手 元気 病気
  医者 交番 津波 台風 花見 文法 単語 翻訳 挨拶 紹介 志望 感想 俳句 和歌 物語 冗談 検索 削除 印刷
  構築 実装 変数 配列 引数 処理 予定 予約 都道 県庁 市役 役所 区役 選挙 総選 自民 衆議 参議 内閣
  平成 昭和 令和 明治 幕府 時刻 時頃 月曜 火曜 水曜 木曜 金曜 土曜 日曜 曜日 週末 毎朝 今朝 今週
  来週 先週 今月 来月 先月 来年 年賀 お盆 献立 朝食 昼食 夕食 夕飯 朝飯 昼飯 牛丼 天丼 焼鳥 抹茶
  卵焼 掃除 買物 眼鏡 手袋 靴下 下着 着物 浴衣 切符 改札 新幹 幹線 特急 空港 観光 案内 郵便 宅配
  荷物 議事 会議 打合 連絡 承認 却下 添付 件名 本文 要約 校正 添削 敬語 丁寧 番号 自転 北海 病院
  風邪`
    .split(/\s+/)
    .map(pair => pairOf(pair, 0)),
)

/** That is plenty to tell by. */
const evidenceMax = 8

/**
 * Simplified in Japan only: 駅, 気, 円. Simplified in Japan and China alike: 学, 国. Simplified in China only: 東, 語.
 * What is in neither of the everyday parts tells nothing.
 */
export const hanEvidence = (text: string): HanEvidence => {
  let japaneseSeen = 0
  let chineseSeen = 0
  let newForms = 0
  let oldForms = 0
  let before = 0
  for (let at = 0; at < text.length && chineseSeen < evidenceMax && japaneseSeen < evidenceMax; at += 1) {
    const code = text.charCodeAt(at)
    const kind = code < first ? 0 : (classes[code - first] ?? 0)
    if (kind & japanese) {
      if (!(kind & (simplified | traditional))) japaneseSeen += 1
      else if (!(kind & traditional)) newForms += 1
      else if (!(kind & simplified)) oldForms += 1
      if (kind & chineseWord) chineseSeen += 1
    } else if (kind & chinese) chineseSeen += 1
    if (before & kind & japanese && japanesePairs.has(pairOf(text, at - 1))) japaneseSeen += 1
    before = kind
  }
  // Japan has simplified some characters as China has, and others not: no Chinese text has both.
  return { japanese: japaneseSeen + Math.min(newForms, oldForms), chinese: chineseSeen }
}
