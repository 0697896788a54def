import { inBrackets, type Messages } from './messages.ts'

export const ko = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `잘못된 요청입니다: ${problem}` : `'${field}' 값이 올바르지 않습니다: ${problem}`,
  invalid_json: ({ detail }) => `요청 본문이 올바른 JSON이 아닙니다${inBrackets(detail)}.`,
  content_policy_violation: () => '이 서비스의 콘텐츠 정책에 따라 내용이 차단되었습니다.',
  model_not_found: ({ model }) => `모델 '${model}'을(를) 찾을 수 없습니다.`,
  host_not_found: ({ host, detail }) => `호스트 '${host}'을(를) 찾을 수 없습니다${inBrackets(detail)}.`,
  model_unsupported: ({ model, detail }) => `모델 '${model}'에서는 이 요청을 지원하지 않습니다${inBrackets(detail)}.`,
  cloud_model_refused: ({ model }) => `'${model}' 모델은 클라우드에서 실행되므로 여기에서는 제공되지 않습니다.`,
  models_are_managed: ({ path }) => `'${path}'은(는) 제공되지 않습니다. 모델은 이 서비스의 운영자가 관리합니다.`,
  response_not_found: ({ response }) => `'${response}' 응답을 찾을 수 없습니다.`,
  context_length_exceeded: ({ model }) =>
    `입력이 모델 '${model}'의 최대 컨텍스트 길이(maximum context length)를 초과합니다. 내용을 줄여 주세요.`,
  route_not_found: ({ path }) => `'${path}' 경로가 존재하지 않습니다.`,
  method_not_allowed: ({ method, allow }) =>
    `여기서는 ${method} 메서드를 사용할 수 없습니다. 사용 가능한 메서드: ${allow}`,
  unsupported_media_type: () => '요청 본문을 application/json 형식으로 보내 주세요.',
  body_too_large: ({ maxBytes }) => `요청 본문이 너무 큽니다. 최대 ${maxBytes}바이트까지 허용됩니다.`,
  invalid_api_key: () => 'API 키가 없거나 유효하지 않습니다.',
  queue_full: ({ model, waiting }) =>
    `모델 '${model}'의 대기 요청이 너무 많습니다(${waiting}건). 잠시 후 다시 시도해 주세요.`,
  deadline_unreachable: ({ waitS }) =>
    `요청의 제한 시간 안에 답변할 수 없을 것으로 예상됩니다(예상 대기 시간: ${waitS}초). 잠시 후 다시 시도해 주세요.`,
  no_healthy_backends: ({ model }) =>
    `현재 모델 '${model}'을(를) 처리할 수 있는 서버가 없습니다. 잠시 후 다시 시도해 주세요.`,
  queue_unavailable: () => '서비스를 일시적으로 사용할 수 없습니다. 잠시 후 다시 시도해 주세요.',
  guard_unavailable: () => '콘텐츠 검사가 제시간에 응답하지 않았습니다. 잠시 후 다시 시도해 주세요.',
  deadline_exceeded: ({ waitedS }) =>
    `요청을 제한 시간 안에 완료하지 못했습니다(${waitedS}초). 잠시 후 다시 시도해 주세요.`,
  upstream_failed: ({ model, attempts }) =>
    `모델 '${model}'에서 응답이 없습니다(시도 횟수: ${attempts}). 잠시 후 다시 시도해 주세요.`,
  upstream_lost: () => '답변이 완료되기 전에 모델과의 연결이 끊어졌습니다. 다시 시도해 주세요.',
  upstream_error: ({ detail }) =>
    `답변이 완료되기 전에 모델에서 오류가 발생했습니다${inBrackets(detail)}. 다시 시도해 주세요.`,
  stream_lost: () => '답변의 일부가 유실되었습니다. 다시 시도해 주세요.',
  shutting_down: () => '서비스를 다시 시작하는 중입니다. 잠시 후 다시 시도해 주세요.',
  internal_error: () => '서비스에 문제가 발생했습니다. 다시 시도해 주세요.',
} satisfies Messages
