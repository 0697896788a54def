import { inBrackets, type Messages } from './messages.ts'

export const ru = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `Некорректный запрос: ${problem}` : `Недопустимое значение «${field}»: ${problem}`,
  invalid_json: ({ detail }) => `Тело запроса не является корректным JSON${inBrackets(detail)}.`,
  content_policy_violation: () => 'Содержимое заблокировано в соответствии с политикой этого сервиса.',
  model_not_found: ({ model }) => `Модель «${model}» не найдена.`,
  host_not_found: ({ host, detail }) => `Хост «${host}» не найден${inBrackets(detail)}.`,
  model_unsupported: ({ model, detail }) => `Модель «${model}» не поддерживает такой запрос${inBrackets(detail)}.`,
  cloud_model_refused: ({ model }) => `Модель «${model}» работает в облаке и здесь не предоставляется.`,
  models_are_managed: ({ path }) => `«${path}» не предоставляется: моделями управляет оператор сервиса.`,
  response_not_found: ({ response }) => `Ответ «${response}» не найден.`,
  context_length_exceeded: ({ model }) =>
    `Текст превышает максимальную длину контекста (maximum context length) модели «${model}». Пожалуйста, сократите его.`,
  route_not_found: ({ path }) => `По адресу «${path}» ничего нет.`,
  method_not_allowed: ({ method, allow }) => `Метод ${method} здесь не поддерживается. Допустимо: ${allow}.`,
  unsupported_media_type: () => 'Пожалуйста, отправьте тело запроса в формате application/json.',
  body_too_large: ({ maxBytes }) => `Слишком большое тело запроса. Допустимый размер в байтах: ${maxBytes}.`,
  invalid_api_key: () => 'Ключ API не указан или недействителен.',
  queue_full: ({ model, waiting }) =>
    `Слишком большая очередь к модели «${model}» (запросов: ${waiting}). Пожалуйста, повторите попытку позже.`,
  deadline_unreachable: ({ waitS }) =>
    `Ответ на запрос не успеет прийти к заданному сроку (ожидание: около ${waitS} с). Пожалуйста, повторите попытку позже.`,
  no_healthy_backends: ({ model }) =>
    `Сейчас нет доступных серверов для модели «${model}». Пожалуйста, повторите попытку чуть позже.`,
  queue_unavailable: () => 'Сервис временно недоступен. Пожалуйста, повторите попытку чуть позже.',
  guard_unavailable: () => 'Проверка содержимого не ответила вовремя. Пожалуйста, повторите попытку чуть позже.',
  deadline_exceeded: ({ waitedS }) =>
    `Не удалось выполнить запрос в отведённое время (${waitedS} с). Пожалуйста, повторите попытку позже.`,
  upstream_failed: ({ model, attempts }) =>
    `Модель «${model}» не ответила (попыток: ${attempts}). Пожалуйста, повторите попытку чуть позже.`,
  upstream_lost: () => 'Связь с моделью прервалась до завершения ответа. Пожалуйста, повторите попытку.',
  upstream_error: ({ detail }) =>
    `В работе модели произошёл сбой до завершения ответа${inBrackets(detail)}. Пожалуйста, повторите попытку.`,
  stream_lost: () => 'Часть ответа потеряна. Пожалуйста, повторите попытку.',
  shutting_down: () => 'Сервис перезапускается. Пожалуйста, повторите попытку чуть позже.',
  internal_error: () => 'На нашей стороне произошла ошибка. Пожалуйста, повторите попытку.',
} satisfies Messages
