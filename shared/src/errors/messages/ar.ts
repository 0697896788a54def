import { inBrackets, type Messages } from './messages.ts'

export const ar = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `الطلب غير صالح: ${problem}` : `قيمة «${field}» غير صالحة: ${problem}`,
  invalid_json: ({ detail }) => `محتوى الطلب ليس بصيغة JSON صالحة${inBrackets(detail)}.`,
  content_policy_violation: () => 'تم حظر المحتوى وفقًا لسياسة المحتوى الخاصة بهذه الخدمة.',
  model_not_found: ({ model }) => `لم يتم العثور على النموذج «${model}».`,
  host_not_found: ({ host, detail }) => `لا يوجد مضيف باسم «${host}»${inBrackets(detail)}.`,
  model_unsupported: ({ model, detail }) => `النموذج «${model}» لا يدعم هذا الطلب${inBrackets(detail)}.`,
  cloud_model_refused: ({ model }) => `النموذج «${model}» يعمل في السحابة وهو غير متاح هنا.`,
  models_are_managed: ({ path }) => `«${path}» غير متاح: النماذج يديرها مشغّل هذه الخدمة.`,
  response_not_found: ({ response }) => `لا توجد استجابة «${response}».`,
  context_length_exceeded: ({ model }) =>
    `النص المُدخل يتجاوز الحد الأقصى لطول السياق (maximum context length) للنموذج «${model}». يُرجى اختصاره.`,
  route_not_found: ({ path }) => `المسار «${path}» غير موجود.`,
  method_not_allowed: ({ method, allow }) => `لا يُسمح باستخدام ${method} هنا. الطرق المسموح بها: ${allow}.`,
  unsupported_media_type: () => 'يُرجى إرسال محتوى الطلب بصيغة application/json.',
  body_too_large: ({ maxBytes }) => `محتوى الطلب كبير جدًا. الحد الأقصى بالبايت: ${maxBytes}.`,
  invalid_api_key: () => 'مفتاح API مفقود أو غير صالح.',
  queue_full: ({ model, waiting }) =>
    `عدد الطلبات المنتظرة للنموذج «${model}» كبير جدًا${inBrackets(waiting)}. يُرجى المحاولة لاحقًا.`,
  deadline_unreachable: ({ waitS }) =>
    `لا يمكن الرد على الطلب قبل انتهاء مهلته (مدة الانتظار المتوقعة بالثواني: ${waitS}). يُرجى المحاولة لاحقًا.`,
  no_healthy_backends: ({ model }) => `لا يوجد حاليًا خادم متاح للنموذج «${model}». يُرجى المحاولة مرة أخرى بعد قليل.`,
  queue_unavailable: () => 'الخدمة غير متاحة مؤقتًا. يُرجى المحاولة مرة أخرى بعد قليل.',
  guard_unavailable: () => 'لم يكتمل فحص المحتوى في الوقت المحدد. يُرجى المحاولة مرة أخرى بعد قليل.',
  deadline_exceeded: ({ waitedS }) => `تعذّر إكمال الطلب في الوقت المحدد (بالثواني: ${waitedS}). يُرجى المحاولة لاحقًا.`,
  upstream_failed: ({ model, attempts }) =>
    `لم يستجب النموذج «${model}» (عدد المحاولات: ${attempts}). يُرجى المحاولة مرة أخرى بعد قليل.`,
  upstream_lost: () => 'انقطع الاتصال بالنموذج قبل اكتمال الإجابة. يُرجى المحاولة مرة أخرى.',
  upstream_error: ({ detail }) => `حدث خطأ في النموذج قبل اكتمال الإجابة${inBrackets(detail)}. يُرجى المحاولة مرة أخرى.`,
  stream_lost: () => 'فُقد جزء من الإجابة. يُرجى المحاولة مرة أخرى.',
  shutting_down: () => 'الخدمة قيد إعادة التشغيل. يُرجى المحاولة مرة أخرى بعد قليل.',
  internal_error: () => 'حدث خطأ من جانبنا. يُرجى المحاولة مرة أخرى.',
} satisfies Messages
