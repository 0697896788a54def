import { inBrackets, type Messages } from './messages.ts'

export const vi = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `Yêu cầu không hợp lệ: ${problem}` : `Giá trị của '${field}' không hợp lệ: ${problem}`,
  invalid_json: ({ detail }) => `Nội dung yêu cầu không phải là JSON hợp lệ${inBrackets(detail)}.`,
  content_policy_violation: () => 'Nội dung đã bị chặn theo chính sách nội dung của dịch vụ này.',
  model_not_found: ({ model }) => `Không tìm thấy mô hình '${model}'.`,
  host_not_found: ({ host, detail }) => `Không có máy chủ '${host}'${inBrackets(detail)}.`,
  model_unsupported: ({ model, detail }) => `Mô hình '${model}' không hỗ trợ yêu cầu này${inBrackets(detail)}.`,
  cloud_model_refused: ({ model }) => `Mô hình '${model}' chạy trên đám mây và không được cung cấp ở đây.`,
  models_are_managed: ({ path }) => `'${path}' không được cung cấp: các mô hình do đơn vị vận hành dịch vụ quản lý.`,
  response_not_found: ({ response }) => `Không có phản hồi '${response}'.`,
  context_length_exceeded: ({ model }) =>
    `Nội dung nhập vượt quá độ dài ngữ cảnh tối đa (maximum context length) của mô hình '${model}'. Vui lòng rút ngắn lại.`,
  route_not_found: ({ path }) => `Không tìm thấy đường dẫn '${path}'.`,
  method_not_allowed: ({ method, allow }) =>
    `Không thể dùng phương thức ${method} ở đây. Các phương thức được phép: ${allow}.`,
  unsupported_media_type: () => 'Vui lòng gửi nội dung yêu cầu ở định dạng application/json.',
  body_too_large: ({ maxBytes }) => `Nội dung yêu cầu quá lớn. Tối đa là ${maxBytes} byte.`,
  invalid_api_key: () => 'Thiếu khóa API hoặc khóa API không hợp lệ.',
  queue_full: ({ model, waiting }) =>
    `Có quá nhiều yêu cầu đang chờ mô hình '${model}'${inBrackets(waiting)}. Vui lòng thử lại sau.`,
  deadline_unreachable: ({ waitS }) =>
    `Yêu cầu không thể được trả lời trước thời hạn (thời gian chờ dự kiến: ${waitS} giây). Vui lòng thử lại sau.`,
  no_healthy_backends: ({ model }) =>
    `Hiện không có máy chủ nào sẵn sàng cho mô hình '${model}'. Vui lòng thử lại sau giây lát.`,
  queue_unavailable: () => 'Dịch vụ tạm thời không khả dụng. Vui lòng thử lại sau giây lát.',
  guard_unavailable: () => 'Bước kiểm tra nội dung không phản hồi kịp. Vui lòng thử lại sau giây lát.',
  deadline_exceeded: ({ waitedS }) =>
    `Yêu cầu không thể hoàn thành trong thời gian cho phép (${waitedS} giây). Vui lòng thử lại sau.`,
  upstream_failed: ({ model, attempts }) =>
    `Mô hình '${model}' không phản hồi (số lần thử: ${attempts}). Vui lòng thử lại sau giây lát.`,
  upstream_lost: () => 'Mất kết nối với mô hình trước khi câu trả lời hoàn tất. Vui lòng thử lại.',
  upstream_error: ({ detail }) =>
    `Mô hình gặp lỗi trước khi câu trả lời hoàn tất${inBrackets(detail)}. Vui lòng thử lại.`,
  stream_lost: () => 'Một phần câu trả lời đã bị mất. Vui lòng thử lại.',
  shutting_down: () => 'Dịch vụ đang khởi động lại. Vui lòng thử lại sau giây lát.',
  internal_error: () => 'Đã xảy ra lỗi ở phía chúng tôi. Vui lòng thử lại.',
} satisfies Messages
