import { inBrackets, type Messages } from './messages.ts'

export const zh = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `请求无效：${problem}` : `参数“${field}”的值无效：${problem}`,
  invalid_json: ({ detail }) => `请求体不是有效的 JSON${inBrackets(detail)}。`,
  content_policy_violation: () => '内容违反了本服务的内容政策，已被拦截。',
  model_not_found: ({ model }) => `找不到模型“${model}”。`,
  host_not_found: ({ host, detail }) => `找不到主机“${host}”${inBrackets(detail)}。`,
  model_unsupported: ({ model, detail }) => `模型“${model}”不支持此请求${inBrackets(detail)}。`,
  cloud_model_refused: ({ model }) => `模型“${model}”在云端运行，本服务不提供。`,
  models_are_managed: ({ path }) => `不提供“${path}”：模型由本服务的运营者管理。`,
  response_not_found: ({ response }) => `找不到响应“${response}”。`,
  context_length_exceeded: ({ model }) =>
    `输入超出了模型“${model}”的最大上下文长度（maximum context length），请缩短后重试。`,
  route_not_found: ({ path }) => `路径“${path}”不存在。`,
  method_not_allowed: ({ method, allow }) => `此处不允许使用 ${method} 方法，可用的方法：${allow}。`,
  unsupported_media_type: () => '请以 application/json 格式发送请求体。',
  body_too_large: ({ maxBytes }) => `请求体过大，最多允许 ${maxBytes} 字节。`,
  invalid_api_key: () => 'API 密钥缺失或无效。',
  queue_full: ({ model, waiting }) => `等待模型“${model}”的请求过多（${waiting} 个），请稍后再试。`,
  deadline_unreachable: ({ waitS }) => `请求无法在截止时间前得到回答（预计等待 ${waitS} 秒），请稍后再试。`,
  no_healthy_backends: ({ model }) => `模型“${model}”目前没有可用的后端，请稍后再试。`,
  queue_unavailable: () => '服务暂时不可用，请稍后再试。',
  guard_unavailable: () => '内容检查未能及时响应，请稍后再试。',
  deadline_exceeded: ({ waitedS }) => `请求未能在规定时间内完成（${waitedS} 秒），请稍后再试。`,
  upstream_failed: ({ model, attempts }) => `模型“${model}”没有响应（已尝试 ${attempts} 次），请稍后再试。`,
  upstream_lost: () => '回答尚未完成，与模型的连接就中断了，请重试。',
  upstream_error: ({ detail }) => `回答尚未完成，模型就出错了${inBrackets(detail)}，请重试。`,
  stream_lost: () => '部分回答已丢失，请重试。',
  shutting_down: () => '服务正在重启，请稍后再试。',
  internal_error: () => '服务内部出错，请重试。',
} satisfies Messages
