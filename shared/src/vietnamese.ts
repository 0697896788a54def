/** Whether words in Latin letters are Vietnamese, with or without their marks, or something that drover answers in English. */

/** Syllables of everyday Vietnamese, marks taken off, that are no words of English. */
const syllables = `
anh ao ap ba bac bai banh bao bau benh bep bi bich bien biet bieu binh bit bo boc bon bua buc bung buoc buoi buon cac
cach cai cam cang canh cao cau cay cha chac cham chan chang chanh chao chau chay che chenh chet chi chia chiec chiem
chien chieu chim chinh chiu cho choi chon chong chot chu chua chuan chuc chung chuoi chuong chuot chuyen coi com con
cong cu cua cuc cung cuoc cuoi cuon cuong cuop cuu da dac dai danh dao dau day dc dem deo dep deu di dia diem dien
dieu dinh doa doan doanh doat doc doi dong dua duc dung duoc duoi duong duy ech ep ghep ghi gia gi giac giai giam gian
giang gianh giao giap giau giay giet gio gioi giong giu giua giuong giup goc goi gom gop gui hach han hanh hao hau het
hiem hien hiep hieu hinh hoa hoac hoach hoan hoang hoanh hoat hoc hoi hok hom hon hop hua huc huong huu huy huyen
huynh ich kem keo ket khac khach khai kham khang khanh khao khap khat khau khi khia khich khien khieu khinh kho khoa
khoan khoang khoe khoi khong khu khuan khuc khum khung khuon khuya khuyen kich kiem kien kieng kieu kinh ko ky la lac
lai lam lanh lap lau lech lenh lich liet lieu linh loai loat loc loi lon lua luan luat luc lung luoc luoi luon luong
luot luu luy ly mac mai mang manh mau mem mep mien mieng mieu minh mo moi mong mot mua muc mui muoi muon nai nam nang
nao nau nay ngai ngam ngan ngang nganh ngap ngat ngau ngay nghe ngheo nghi nghia nghiem nghien nghiep nghin ngo ngoai
ngoan ngoc ngoi ngon ngu ngua ngung nguoc nguoi nguon nguy nguyen nha nhac nham nhan nhanh nhap nhat nhau nhe nhen nhi
nhiem nhien nhiet nhieu nhin nho nhom nhu nhung niem nien ninh noi nong ntn nua nui nuoc nuoi oi pha phai pham phan
phap phat phep phi phia phien phieu phim pho phoi phong phu phuc phuong phut qua quan quanh quat quay quen quoc quy
quyen quyet ra rang ranh rau ria rieng roi ruot ruou sach sai sanh sao sau sep si sieu sinh soan soat soi sua suat suc
suot suu suy ta tach tai tam tao tau tay thac thach tham thang thanh thao thap thau thay theo thep thi thich thien
thiep thiet thieu thinh thit tho thoa thoai thoat thoi thon thu thua thuan thuat thuc thue thung thuoc thuong thuy
thuyet tich tiem tien tieng tiep tiet tieu tinh toan toc toi tong tot tra trach trai trang tranh trao trat tre tren
tri trich trien triet trieu trinh tro troi trom tron trong tru trua truat truc trung truoc truong truy truyen tuan tuc
tung tuoc tuoi tuong tuy tuyen tuyet ung uoc uong va vach vai vang vao vay ve ven vi viec viem vien viet vinh voi vong
vua vuc vui vung vuon vuong vuot xa xac xam xang xanh xau xay xem xep xet xich xin xinh xit xoa xoai xoay xoi xuan
xuat xuc xung xuong xuyen yeu zay đc`

/** English words that are no syllable of that form or hardly ever one, and what English speakers type. */
const english = `
the is are was were be been being what how who whom whose why where when which does did done doing of and for with without this
that these those there here i you your yours we us our they their it its he she his her him if then than not from into about after
before between because please means meaning have has had having would could should will shall might must am was isn aren don doesn
didn won couldn wouldn let me make made give gave get got getting take took show tell told say said write wrote read need want like
love know think see look find use using used help explain describe list create build change turn add remove set put keep try run
good best better new old big small long-term great nice bad right wrong more most much many some any every all other another each
hello hi hey thanks thank sorry bye yes yeah okay sure morning afternoon evening night today tomorrow yesterday day week month year
time way thing things people man woman boy girl name number part place work home house world life hand point word words question
answer problem story poem joke letter message book song movie music game food water money city country language english code
function class file error data table image key true false one two three first second last next only also just very too again still
even never always really well up down out off over under by at as or but so do to in on my no go can you me such per via yet
me too play buy pay eat meet sleep feel seem mean means keep going come came went gone seen said train team tree king sea rain sun
eye heart heat soon room root loop queue boot book boat coat pain main aim meat beat seat soup yum gym pic trip ship tip top map
hot cheap each teach reach beach coach touch such much rich tech chain chip chop cheat trait treat cue queen moon noon poet bye
near far close open free full half early late fast slow easy hard high low deep wide dark light black white red blue green
send call ask start stop begin end plan pick push pull check click open save load print draw paint drive walk talk speak teach study
learn live die win lose lost break broke fall fell grow hold kill leave left lie pass raise reach rest ride rise sell set share sing
stand stay steal swim throw wake wash wear wish worry hate hope jump cook clean bring build burn catch choose cry dance drop eat
friend family mother father brother sister baby dog school office store shop hotel hospital doctor lawyer teacher student phone
computer internet update upgrade download account password card bank order price cost cheap example meaning summary report article
news weather travel health sport school job career interview resume recipe birthday gift party wedding holiday vacation weekend
buy guy toy boy joy say may pay ray lay thy sum gun fun cup pup pot pat pit pet pen pan pin bit bot but cut nut hut put let met`

/** Words of other languages in Latin letters, which are answered in English. */
const others = `
est les des une que qui dans pour avec sur pas plus mes tes ses ton cette sont bonjour merci comment je vous nous il elle suis c’est
et ou mon ma el los las una por para con como está esta dónde qué cómo gracias hola muy mi su del al es en lo se más não uma você
obrigado olá meu minha ele ela eu der die das und ist nicht ich du wir sie ein eine mit auf für von zu wie was che di il per non
sono ciao grazie io lei mit och är jag det en ett som bir ve bu ne için mı çok ben sen yang dan di ini itu dengan untuk tidak apa
saya kamu bisa adalah dari pada ke ang mga sa ng na ako ikaw jest nie się to na`

/** Names of things, the same in every language. */
const loans = `
app web email mail server api bug file link video online internet laptop facebook google chatgpt python java javascript typescript
react node docker excel word html css sql json deploy test code data machine learning ai gpt iphone youtube zalo tiktok ok okay
photoshop wifi usb pdf blog marketing seo logo game team sale ship feedback deadline meeting shop camera`

/** Vietnamese without marks far more often than anything else, but a name or a part of an address, too. */
const mostly = `da neu len tat ne se du co com con dan di hai ke la ma mo noi non sa sao su ta tu tui tai va ve vo voi xa`

/** English that is often Vietnamese without its marks: thế, ít, tớ. */
const mostlyEnglish = `the it to in on he me cut but hot not at top then day oh`

/** In English as often as in Vietnamese without marks, so they tell nothing. */
const either = `
che von map thong ten tom can do may my no so an than them long am ai don o y hay van song gay sat dang tin tap sang chat gap dam den hat hen hung rung gang
tang tram tan lay lot ban cat cap ham mat rat thin ton mon gin ti em en ha lo mi`

const listed = (words: string): string[] => words.split(/\s+/).filter(word => word !== '')

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** Above 0 speaks for Vietnamese. A later list overrules an earlier one. */
const weights = new Map<string, number>([
  ...listed(syllables).flatMap(
    word =>
      [
        [word, 2],
        [capitalised(word), 1.2],
      ] as const,
  ),
  ...listed(others).map(word => [word, -2] as const),
  ...listed(english).map(word => [word, -2] as const),
  ...listed(loans).map(word => [word, 0] as const),
  ...listed(mostly).flatMap(
    word =>
      [
        [word, 1],
        [capitalised(word), 0.6],
      ] as const,
  ),
  ...listed(mostlyEnglish).map(word => [word, -0.3] as const),
  ...listed(either).map(word => [word, 0] as const),
])

/** Vietnamese has these letters to itself, but for African languages and phonetics. */
const vietnameseMark = /[ăđĩơũư\u1EA0-\u1EF9]/i

/** A Vietnamese word, its marks taken off, is one syllable of this form; hardly any English sentence is made of such. */
const syllable = /^(?:ngh?|gh?|gi|qu|[knptc]h|tr|[bcdđhklmnprstvx])?[aeiouy]{1,3}(?:ng|[nc]h|[cmnpt])?$/

/** nghiêng */
const syllableCharsMax = 7

const withoutMarks = (word: string): string =>
  word.normalize('NFD').replaceAll(/[\u0300-\u0303\u0306\u0309\u031B\u0323]/g, '')

const onlyAscii = /^[a-z]+$/

const weightOfUnlisted = (word: string, lower: string): number => {
  if (onlyAscii.test(lower)) {
    if (syllable.test(lower)) return 0.1
    if (lower.length < 3 || word === word.toUpperCase()) return 0
    return word === lower ? -1 : -0.5
  }
  if (vietnameseMark.test(lower)) {
    if (lower.length > syllableCharsMax) return 0
    // A capital is mostly one of a name, which stands in sentences of any language.
    return word === lower ? 3 : 1.5
  }
  return syllable.test(withoutMarks(lower)) ? 2 : -1.5
}

/** How much a word speaks for Vietnamese; less than 0 speaks against it. */
export const vietnameseness = (word: string): number => {
  const lower = word.toLowerCase()
  return weights.get(word) ?? weights.get(lower) ?? weightOfUnlisted(word, lower)
}

export const hasVietnameseMark = (word: string): boolean => vietnameseMark.test(word)
