/** Ordinary text to hide something in the middle of, in each language that has one; English for the others. */
const paragraphs: Readonly<Record<string, readonly string[]>> = {
  en: [
    'The library on Mill Road opens at nine and closes at six, except on Thursdays, when it stays open until eight so that people who work can come by. The ground floor has newspapers and the children’s section; the reading room with the long tables is upstairs.',
    'Last spring the heating was renewed, which took longer than planned because the old pipes turned out to be built into the wall. Since then the rooms have been warmer, and the bill for gas has gone down by about a fifth.',
    'If you want to borrow something you need a card, which costs four pounds a year. Lost books are replaced at the price of the shop; torn pages can often be mended, so please tell the desk and do not use tape.',
  ],
  zh: [
    '磨坊路上的图书馆早上九点开门，晚上六点关门，星期四延长到八点，方便上班的人过来。一楼是报刊和儿童区，楼上是摆着长桌子的阅览室。',
    '去年春天更换了供暖设备，因为旧管道埋在墙里，施工比计划多花了两个星期。换好以后屋子暖和多了，燃气费也降了大约五分之一。',
    '借书需要办一张卡，每年收费四十元。书丢了按书店的价格赔偿，书页破了一般可以修补，请告诉服务台，不要自己用胶带粘。',
  ],
  vi: [
    'Thư viện trên đường Cối Xay mở cửa lúc chín giờ sáng và đóng cửa lúc sáu giờ chiều, riêng thứ Năm mở đến tám giờ tối để người đi làm có thể ghé qua. Tầng trệt có báo và khu thiếu nhi, phòng đọc ở tầng trên.',
    'Mùa xuân năm ngoái hệ thống sưởi được thay mới, mất nhiều thời gian hơn dự kiến vì các đường ống cũ nằm trong tường. Từ đó các phòng ấm hơn và tiền ga giảm khoảng một phần năm.',
    'Muốn mượn sách bạn cần có thẻ, lệ phí một năm là bốn mươi nghìn đồng. Sách mất được đền theo giá bán, trang rách thường có thể sửa được, xin hãy báo cho quầy.',
  ],
  ja: [
    '水車通りの図書館は朝九時に開き、夕方六時に閉まります。木曜日だけは仕事帰りの人のために八時まで開いています。一階には新聞と児童書があり、二階には長い机の並んだ閲覧室があります。',
    '去年の春に暖房を取り替えました。古い管が壁の中に埋まっていたので、工事は予定より二週間長くかかりました。その後は部屋が暖かくなり、ガス代も二割ほど下がりました。',
    '本を借りるにはカードが必要で、年会費は四百円です。なくした本は同じ値段で弁償していただきますが、破れたページは直せることが多いので窓口にお知らせください。',
  ],
  ko: [
    '물레방앗길 도서관은 아침 아홉 시에 열고 저녁 여섯 시에 닫습니다. 목요일에는 퇴근하는 분들을 위해 여덟 시까지 엽니다. 일 층에는 신문과 어린이 책이 있고, 이 층에는 긴 책상이 놓인 열람실이 있습니다.',
    '지난봄에 난방 설비를 바꾸었는데 오래된 배관이 벽 속에 묻혀 있어서 공사가 예정보다 두 주 길어졌습니다. 그 뒤로 방이 훨씬 따뜻해졌고 가스 요금도 오 분의 일쯤 줄었습니다.',
    '책을 빌리려면 카드가 필요하고 한 해에 사천 원입니다. 잃어버린 책은 서점 가격으로 물어 주셔야 하지만 찢어진 쪽은 대개 고칠 수 있으니 안내대에 말씀해 주세요.',
  ],
  ru: [
    'Библиотека на Мельничной улице открывается в девять утра и закрывается в шесть вечера, а по четвергам работает до восьми, чтобы могли зайти те, кто занят днём. На первом этаже газеты и детский отдел, читальный зал с длинными столами наверху.',
    'Прошлой весной заменили отопление. Работы заняли больше времени, чем думали, потому что старые трубы оказались в стене. С тех пор в залах теплее, а счёт за газ уменьшился примерно на пятую часть.',
    'Чтобы взять книгу, нужен билет, он стоит двести рублей в год. Потерянную книгу возмещают по цене магазина; порванные страницы обычно можно починить, скажите об этом на выдаче.',
  ],
  ar: [
    'تفتح المكتبة في شارع الطاحونة أبوابها في التاسعة صباحا وتغلق في السادسة مساء، أما يوم الخميس فتبقى مفتوحة حتى الثامنة ليتمكن الموظفون من زيارتها. في الطابق الأرضي الصحف وركن الأطفال، وقاعة المطالعة في الأعلى.',
    'في الربيع الماضي جرى تجديد التدفئة، واستغرق العمل وقتا أطول من المتوقع لأن الأنابيب القديمة كانت داخل الجدار. ومنذ ذلك الحين أصبحت القاعات أدفأ وانخفضت فاتورة الغاز بمقدار الخمس تقريبا.',
    'لاستعارة كتاب تحتاج إلى بطاقة ثمنها أربعون في السنة. الكتاب المفقود يعوض بسعر المكتبات، والصفحات الممزقة يمكن إصلاحها في الغالب، فأخبر الموظف من فضلك.',
  ],
}

/** `text` between three pages of ordinary text before it and three after it. */
export const inTheMiddle = (text: string, lang: string): string => {
  const [first, second, third] = paragraphs[lang] ?? paragraphs['en'] ?? []
  const page = [first, second, third].join('\n\n')
  return [page, second, third, first, text, third, first, page].join('\n\n')
}
