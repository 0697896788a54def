/** Which language a text in Chinese characters is in, as far as they show it. */

/** In the everyday part of the Japanese standard (JIS X 0208, level 1). */
const japanese = 1
/** In the everyday part of the Chinese ones (GB 2312 level 1, Big5 level 1). */
const chinese = 2
/** In simplified Chinese (GB 2312). */
const simplified = 4
/** In traditional Chinese (Big5). */
const traditional = 8

const first = 0x4e_00
const classes = new Uint8Array(0xa0_00 - first)

/** Marks the characters that a double-byte standard has from one lead byte to another. */
const mark = (encoding: string, leads: readonly [number, number], bits: number): void => {
  const decoder = new TextDecoder(encoding)
  const bytes = new Uint8Array(2)
  for (let lead = leads[0]; lead <= leads[1]; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      bytes[0] = lead
      bytes[1] = encoding === 'gb2312' && trail < 0xa1 ? 0 : trail
      const index = decoder.decode(bytes).charCodeAt(0) - first
      if (index >= 0 && index < classes.length) classes[index] = (classes[index] as number) | bits
    }
  }
}

mark('gb2312', [0xb0, 0xd7], simplified | chinese)
mark('gb2312', [0xd8, 0xf7], simplified)
mark('big5', [0xa4, 0xc6], traditional | chinese)
mark('big5', [0xc9, 0xf9], traditional)
mark('shift_jis', [0x88, 0x97], japanese)

/** Simplified in Japan only: 駅, 気, 円. Simplified in Japan and China alike: 学, 国. Not simplified in Japan: 東, 語. */
export interface HanEvidence {
  readonly japanese: number
  readonly chinese: number
}

/** Japanese words whose characters Chinese has too, in pairs; Chinese has other words for them. */
const japanesePairs = new Set(
  `東京 京都 大阪 名古 福岡 沖縄 奈良 横浜 北海 大丈 丈夫 勉強 仕事 質問 彼女 明日 昨日 今日 部屋 財布 切手 電車 自動 携帯 番号 名前
  友達 会社 社長 部長 課長 社員 株式 残業 給料 約束 映画 漫画 野球 相撲 寿司 刺身 弁当 味噌 居酒 旅館 神社 高校 受験 宿題 授業
  卒業 就職 面接 履歴 請求 見積 納期 取引 手続 手数 割引 送料 無料 有料 料金 値段 一番 上手 下手 苦手 元気 病気 風邪 病院 医者 交番
  火事 津波 台風 花見 正月 日本 文法 単語 翻訳 挨拶 紹介 志望 感想 俳句 和歌 物語 冗談 検索 設定 削除 追加 印刷 起動 構築 実装
  変数 配列 引数 例外 処理 非同 深層 予定 予約 都道 県庁 市役 役所 区役 選挙 総選 議員 自民 衆議 参議 内閣 首相 天皇 平成 昭和 令和
  大正 明治 江戸 幕府 年生 年度 年間 以降 以上 未満 場合 時刻 時頃 午後 午前 月曜 火曜 水曜 木曜 金曜 土曜 日曜 曜日 週末 毎日 毎週
  毎朝 今朝 今週 来週 先週 今月 来月 先月 今年 来年 去年 誕生 年賀 お盆 料理 献立 朝食 昼食 夕食 夕飯 朝飯 昼飯 野菜 牛丼 天丼 焼肉
  焼鳥 餃子 抹茶 牛乳 卵焼 洗濯 掃除 買物 眼鏡 帽子 手袋 靴下 下着 着物 浴衣 切符 改札 新幹 幹線 特急 急行 空港 旅行 観光 案内
  地図 住所 郵便 宅配 荷物 書類 資料 議事 会議 打合 報告 連絡 相談 依頼 承認 却下 添付 件名 本文 文章 要約 校正 添削 敬語 丁寧`
    .split(/\s+/)
    .filter(pair => pair !== ''),
)

/** For text without kana: with them, nothing has to be asked. */
export const hanEvidence = (text: string): HanEvidence => {
  let japaneseSeen = 0
  let chineseSeen = 0
  let newForms = 0
  let oldForms = 0
  let before = ''
  for (const character of text) {
    const kind = classes[character.charCodeAt(0) - first] ?? 0
    if (kind & japanese) {
      if (!(kind & (simplified | traditional))) japaneseSeen += 1
      else if (!(kind & traditional)) newForms += 1
      else if (!(kind & simplified)) oldForms += 1
    } else if (kind & chinese) chineseSeen += 1
    if (before !== '' && kind !== 0 && japanesePairs.has(before + character)) japaneseSeen += 1
    before = kind === 0 ? '' : character
  }
  // Japan has simplified some characters as China has, and others not: no Chinese text has both.
  return { japanese: japaneseSeen + Math.min(newForms, oldForms), chinese: chineseSeen }
}
